import type { PlainDialog } from '../../dialogs';
import type { Platform } from '$lib/platform';
import type { Toasts } from '$lib/toasts.svelte';
import type { TeamController } from '../team/controller.svelte';
import type { DevicesController } from './controller.svelte';

/** What the screens about a person's machines need of the window. */
export interface DevicesHost {
  devices: DevicesController;
  team: TeamController;
  platform: Platform;
  toasts: Toasts;
  clock: { minute: number };
  openDialog(dialog: PlainDialog): void;
  enterSpace(id: string): void;
  moveTo(enter: () => Promise<void>, tell: () => void): Promise<void>;
  visit(view: 'workbench'): void;
  changed(): Promise<void>;
}
