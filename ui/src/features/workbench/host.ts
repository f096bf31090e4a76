import type { Platform } from '$lib/platform';
import type { ToastAction, Toasts } from '$lib/toasts.svelte';
import type { WorkbenchController } from './controller.svelte';

/** What a dialog about secrets needs of the window. */
export interface WorkbenchHost {
  workbench: WorkbenchController;
  platform: Platform;
  toasts: Toasts;
  undoAction: ToastAction;
  changed(): Promise<void>;
}
