import type { SlotDialog } from './features/settings/dialogs';

/** Dialogs that are about what the window shows already, and need nothing beside. */
export type PlainDialog =
  | InspectorDialog
  | 'compare'
  | 'environment'
  | 'export'
  | 'find'
  | 'import'
  | 'link'
  | 'palette'
  | 'project'
  | 'shortcuts';

/** Those about the secret under the inspector. */
export type InspectorDialog = 'details' | 'remove' | 'remove-value';

export type Dialog =
  | { kind: 'add'; name: string; environment: string }
  | { kind: 'rotate'; name: string; environment: string }
  | { kind: 'slot'; dialog: SlotDialog }
  | { kind: PlainDialog };
