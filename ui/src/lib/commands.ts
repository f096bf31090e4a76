import type { BatchDialog, PlainDialog } from '../dialogs';

/** What a person can do from anywhere; each host of actions supplies these. */
export interface Actions {
  unlocked: boolean;
  hasProject: boolean;
  /** A secret is under the inspector. */
  hasSecret: boolean;
  /** It has a value there, be it inherited. */
  hasValue: boolean;
  /** It has a value of its own there. */
  hasOwnValue: boolean;
  hasSelection: boolean;
  /** Several secrets are picked, or one. */
  hasPicked: boolean;
  /** Several people write in the space that is worked in. */
  hasTeam: boolean;
  /** It is kept somewhere. */
  hasStorage: boolean;
  mayInvite: boolean;
  /** The other spaces of the vault. */
  otherSpaces: { id: string; name: string }[];
  /** This device can take in another one of the same person. */
  mayAddDevice: boolean;
  /** Nothing is in the vault yet: another device can take this one in. */
  mayBecomeDevice: boolean;
  /** Goes to a view, and the keyboard with it. */
  visit(view: 'workbench' | 'audit' | 'team' | 'disk' | 'settings'): void;
  openDialog(dialog: PlainDialog): void;
  openPalette(): void;
  openShortcuts(): void;
  focusFilter(): void;
  addSecret(): void;
  importSecrets(): void;
  linkFolder(): void;
  exportFile(): void;
  newProject(): void;
  newEnvironment(): void;
  rotate(): void;
  /** Keeps a file beside the secret under the inspector. */
  attachFile(): void;
  copy(): void;
  reveal(): void;
  closeInspector(): void;
  pickAll(): void;
  verifyAudit(): void;
  enterSpace(id: string): void;
  syncNow(): void;
  makeRecoveryKit(): void;
  nextTheme(): void;
  toggleSidebar(): void;
  togglePanel(): void;
  undo(): void;
  redo(): void;
  lock(): void;
}

export type CommandGroup =
  'Go to' | 'Secrets' | 'Selected secrets' | 'Projects on disk' | 'Team' | 'Keystead';

/** One thing a person can do. The palette, the shortcuts and the sheet all read this. */
export interface UiCommand {
  id: string;
  title: string;
  group: CommandGroup;
  /** "Ctrl K", "/", "Ctrl Shift C"; empty for none. */
  shortcut: string;
  run: () => void;
  enabled: boolean;
  /** Listed on the sheet only: it makes no sense as a line of the palette. */
  sheetOnly?: boolean;
}

const SELECTION: [id: string, title: string, dialog: BatchDialog, shortcut: string][] = [
  ['selection.tag', 'Tag the selected secrets…', 'tag', ''],
  ['selection.move', 'Move the selected secrets…', 'move', ''],
  ['selection.rotate', 'Rotate the selected secrets…', 'rotate-many', ''],
  ['selection.export', 'Save the selected secrets as a file…', 'export-picked', ''],
  ['selection.send', 'Send copies of the selected secrets…', 'send-picked', ''],
  ['selection.remove', 'Remove the selected secrets…', 'remove-picked', 'Delete'],
];

/** The one registry of commands. */
export function uiCommands(act: Actions): UiCommand[] {
  const open = act.unlocked;
  return [
    entry('go.workbench', 'Go to Workbench', 'Go to', 'Ctrl 1', open, () => act.visit('workbench')),
    entry('go.audit', 'Go to Audit', 'Go to', 'Ctrl 2', open, () => act.visit('audit')),
    entry('go.team', 'Go to Team', 'Go to', 'Ctrl 3', open, () => act.visit('team')),
    entry('go.disk', 'Go to On disk', 'Go to', 'Ctrl 4', open, () => act.visit('disk')),
    entry('go.settings', 'Go to Settings', 'Go to', 'Ctrl ,', open, () => act.visit('settings')),
    {
      ...entry('palette', 'Search secrets or run a command', 'Go to', 'Ctrl K', open, () =>
        act.openPalette(),
      ),
      sheetOnly: true,
    },
    entry(
      'filter',
      'Filter the list of secrets',
      'Go to',
      '/',
      open && act.hasProject && !act.hasPicked,
      () => act.focusFilter(),
    ),
    entry('secret.add', 'Add a secret…', 'Secrets', 'Ctrl N', open, () => act.addSecret()),
    entry('import', 'Import a .env…', 'Secrets', 'Ctrl O', open, () => act.importSecrets()),
    entry('secret.reveal', 'Show or hide the value', 'Secrets', 'Ctrl Shift S', act.hasValue, () =>
      act.reveal(),
    ),
    entry('secret.copy', 'Copy the value', 'Secrets', 'Ctrl Shift C', act.hasValue, () =>
      act.copy(),
    ),
    entry('secret.rotate', 'Rotate…', 'Secrets', 'Ctrl Shift R', act.hasOwnValue, () =>
      act.rotate(),
    ),
    entry('secret.edit', 'Edit details…', 'Secrets', 'Ctrl Shift E', act.hasSecret, () =>
      act.openDialog('details'),
    ),
    entry('secret.send', 'Send a copy…', 'Secrets', '', act.hasValue, () => act.openDialog('send')),
    entry('secret.history', 'History of the secret…', 'Secrets', '', act.hasSecret, () =>
      act.openDialog('history'),
    ),
    entry('file.attach', 'Attach a file…', 'Secrets', '', act.hasSecret, () => act.attachFile()),
    entry('credential.edit', 'Credential of the secret…', 'Secrets', '', act.hasSecret, () =>
      act.openDialog('credential'),
    ),
    entry('secret.remove', 'Remove the secret…', 'Secrets', '', act.hasSecret, () =>
      act.openDialog('remove'),
    ),
    entry('value.remove', 'Remove its value here…', 'Secrets', '', act.hasOwnValue, () =>
      act.openDialog('remove-value'),
    ),
    {
      ...entry(
        'inspector.close',
        'Clear the selection, or close the inspector',
        'Secrets',
        'Esc',
        act.hasSelection || act.hasPicked,
        () => act.closeInspector(),
      ),
      sheetOnly: true,
    },
    entry('undo', 'Take back the last change', 'Secrets', 'Ctrl Z', open, () => act.undo()),
    entry('redo', 'Make it again', 'Secrets', 'Ctrl Shift Z', open, () => act.redo()),
    entry('log', 'Show what was changed…', 'Secrets', 'Ctrl H', open, () => act.openDialog('log')),
    entry('project.new', 'New project…', 'Secrets', '', open, () => act.newProject()),
    entry('environment.new', 'Add an environment…', 'Secrets', '', open && act.hasProject, () =>
      act.newEnvironment(),
    ),
    entry('find.value', 'Find which secret a value is…', 'Secrets', 'Ctrl Shift F', open, () =>
      act.openDialog('find'),
    ),
    entry('environment.settings', 'Environments…', 'Secrets', '', open && act.hasProject, () =>
      act.openDialog('environments'),
    ),
    entry('project.rename', 'Rename the project…', 'Secrets', '', open && act.hasProject, () =>
      act.openDialog('project-rename'),
    ),
    entry('project.remove', 'Remove the project…', 'Secrets', '', open && act.hasProject, () =>
      act.openDialog('project-remove'),
    ),
    entry(
      'environment.compare',
      'Compare environments…',
      'Secrets',
      'Ctrl D',
      open && act.hasProject,
      () => act.openDialog('compare'),
    ),
    entry(
      'selection.all',
      'Select all that are shown',
      'Selected secrets',
      '',
      act.hasProject,
      () => act.pickAll(),
    ),
    ...SELECTION.map(([id, title, dialog, shortcut]) =>
      entry(id, title, 'Selected secrets', shortcut, act.hasPicked, () => act.openDialog(dialog)),
    ),
    entry(
      'link.new',
      'Link a folder…',
      'Projects on disk',
      'Ctrl Shift L',
      open && act.hasProject,
      () => act.linkFolder(),
    ),
    entry('export.file', 'Save a file…', 'Projects on disk', 'Ctrl E', open && act.hasProject, () =>
      act.exportFile(),
    ),
    ...teamCommands(act),
    entry('device.add', 'Add a device…', 'Keystead', '', open && act.mayAddDevice, () =>
      act.openDialog('device-add'),
    ),
    entry(
      'device.ask',
      'Use this as my second machine…',
      'Keystead',
      '',
      open && act.mayBecomeDevice,
      () => act.openDialog('device-ask'),
    ),
    entry('audit.verify', 'Verify the audit log', 'Keystead', '', open, () => act.verifyAudit()),
    entry('recovery.make', 'Make a recovery kit…', 'Keystead', '', open, () =>
      act.makeRecoveryKit(),
    ),
    entry('sidebar.toggle', 'Fold or show the sidebar', 'Keystead', 'Ctrl B', open, () =>
      act.toggleSidebar(),
    ),
    entry('panel.toggle', 'Fold or show the side panel', 'Keystead', 'Ctrl I', open, () =>
      act.togglePanel(),
    ),
    entry('theme.next', 'Switch between light, dark and system', 'Keystead', '', true, () =>
      act.nextTheme(),
    ),
    entry('shortcuts', 'Show the keyboard shortcuts', 'Keystead', '?', open, () =>
      act.openShortcuts(),
    ),
    entry('lock', 'Lock', 'Keystead', 'Ctrl L', open, () => act.lock()),
  ];
}

/** What concerns the spaces of the vault, and the people in them. */
function teamCommands(act: Actions): UiCommand[] {
  const open = act.unlocked;
  const team = open && act.hasTeam;
  return [
    ...act.otherSpaces.map(({ id, name }) =>
      entry(`space.enter.${id}`, `Switch to the space ${name}`, 'Team', '', open, () =>
        act.enterSpace(id),
      ),
    ),
    entry('team.invite', 'Invite somebody…', 'Team', '', team && act.mayInvite, () =>
      act.openDialog('invite'),
    ),
    entry('team.sync', 'Sync now', 'Team', 'Ctrl Shift Y', team && act.hasStorage, () =>
      act.syncNow(),
    ),
    entry('team.storage', 'Choose where the space is kept…', 'Team', '', team, () =>
      act.openDialog('storage'),
    ),
    entry('team.release', 'Say when values leave…', 'Team', '', team && act.mayInvite, () =>
      act.openDialog('release'),
    ),
    entry('team.conflicts', 'Settle conflicts…', 'Team', '', team, () =>
      act.openDialog('conflicts'),
    ),
    entry('card.show', 'Show my card…', 'Team', '', open, () => act.openDialog('my-card')),
    entry('space.new', 'New space…', 'Team', '', open, () => act.openDialog('space-new')),
    entry('space.join', 'Join with an invite…', 'Team', '', open, () =>
      act.openDialog('space-join'),
    ),
  ];
}

function entry(
  id: string,
  title: string,
  group: CommandGroup,
  shortcut: string,
  enabled: boolean,
  run: () => void,
): UiCommand {
  return { id, title, group, shortcut, enabled, run };
}

function pressed(event: KeyboardEvent): string {
  const key =
    event.key === 'Escape' ? 'Esc' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey;
  // "?" is typed with Shift on most keyboards: Shift counts only beside Ctrl.
  return [control && 'Ctrl', control && event.shiftKey && 'Shift', key].filter(Boolean).join(' ');
}

/** Whether keys go into what has them: plain shortcuts and pastes are not for the window then. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.matches('input, textarea, select') || target.isContentEditable)
  );
}

/** Finds the command whose shortcut was pressed; plain keys do not count while typing. */
export function commandFor(event: KeyboardEvent, commands: UiCommand[]): UiCommand | undefined {
  if (event.altKey) return undefined;
  const keys = pressed(event);
  // What is typed has an undo of its own.
  const plain = !keys.startsWith('Ctrl') && keys !== 'Esc';
  if ((plain || keys === 'Ctrl Z' || keys === 'Ctrl Shift Z') && isTyping(event.target))
    return undefined;
  return commands.find((each) => each.enabled && each.shortcut === keys);
}
