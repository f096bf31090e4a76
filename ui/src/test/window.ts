import { render, screen } from '@testing-library/svelte';
import { App } from '../app.svelte';
import { MemoryPlatform, type MemoryOptions } from '../lib/platform/memory';
import Window from '../Window.svelte';

/** Opens the whole window on a platform in memory. */
export async function openWindow(options: MemoryOptions = {}, ready = 'matrix') {
  const platform = new MemoryPlatform(options);
  const app = new App(platform);
  const view = render(Window, { props: { app } });
  await screen.findByTestId(ready);
  return { platform, app, ...view };
}
