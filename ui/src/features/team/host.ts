import type { Dialog, PlainDialog } from '../../dialogs';
import type { Layout } from '$lib/layout.svelte';
import type { Platform } from '$lib/platform';
import type { Toasts } from '$lib/toasts.svelte';
import type { WorkbenchController } from '../workbench/controller.svelte';
import type { TeamController } from './controller.svelte';

/** What the team's screens need of the window. */
export interface TeamHost {
  team: TeamController;
  workbench: WorkbenchController;
  platform: Platform;
  toasts: Toasts;
  clock: { now: number; minute: number };
  layout: Layout;
  dialog: Dialog | null;
  openDialog(dialog: PlainDialog): void;
  enterSpace(id: string): void;
  moveTo(enter: () => Promise<void>): Promise<void>;
  visit(view: 'team' | 'workbench'): void;
  syncNow(): void;
  changed(): Promise<void>;
}
