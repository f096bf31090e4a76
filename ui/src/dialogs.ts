import type { SlotDialog } from './features/settings/dialogs';

/** Those about the secret under the inspector. */
export type InspectorDialog = 'details' | 'remove' | 'remove-value' | 'send' | PartsDialog;

/** Of these, those about what belongs to it. */
export type PartsDialog = 'credential' | 'rotate-credential' | 'history';

/** Those about the secrets that are picked. */
export type BatchDialog =
  'tag' | 'move' | 'rotate-many' | 'export-picked' | 'send-picked' | 'remove-picked';

/** Those about the spaces of the vault and the people in them. */
export type TeamDialog =
  'space-new' | 'space-join' | 'invite' | 'my-card' | 'release' | 'storage' | 'conflicts';

/** Those that make several machines one person's. */
export type DeviceDialog = 'device-add' | 'device-ask';

/** Dialogs that are about what the window shows already, and need nothing beside. */
export type PlainDialog =
  | InspectorDialog
  | BatchDialog
  | TeamDialog
  | DeviceDialog
  | 'compare'
  | 'environment'
  | 'environments'
  | 'export'
  | 'find'
  | 'import'
  | 'link'
  | 'log'
  | 'palette'
  | 'project'
  | 'project-remove'
  | 'project-rename'
  | 'shortcuts';

export type Dialog =
  | { kind: 'add'; name: string; environment: string }
  | { kind: 'rotate'; name: string; environment: string }
  | { kind: 'access'; member: string; place: string; role: string | null }
  | { kind: 'release-of'; place: string }
  | { kind: 'slot'; dialog: SlotDialog }
  | { kind: PlainDialog };
