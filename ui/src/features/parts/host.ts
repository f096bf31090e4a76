import type { InspectorDialog } from '../../dialogs';
import type { WorkbenchHost } from '../workbench/host';

/** What the sections about a secret and what belongs to it need of the window. */
export interface PartsHost extends WorkbenchHost {
  clock: { minute: number };
  openDialog(dialog: InspectorDialog): void;
  attachFile(): void;
  jump(project: string, name: string, environment?: string): Promise<void>;
}
