import { basename } from '$lib/format';
import type { WorkbenchHost } from '../workbench/host';

/** Asks for a file and keeps it beside the secret under the inspector, where that is looked at. */
export async function attachFile(app: WorkbenchHost): Promise<void> {
  const { current: project, selection } = app.workbench;
  if (project === null || selection === null) return;
  try {
    const path = await app.platform.pickFile();
    if (path === null) return;
    await app.platform.call('attach', { project, ...selection, path });
    app.toasts.done(
      `Attached ${basename(path)} to ${selection.name}`,
      'The file on disk stays; remove it there if nothing needs it.',
      app.undoAction,
    );
    await app.changed();
  } catch (thrown) {
    app.toasts.failed(thrown);
  }
}
