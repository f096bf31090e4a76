import { describe, expect, test, vi } from 'vitest';
import { commandFor, uiCommands, type Actions } from './commands';

function actions(over: Partial<Actions> = {}): Actions {
  const nothing = () => {};
  return {
    unlocked: true,
    hasProject: true,
    hasSecret: true,
    hasValue: true,
    hasOwnValue: true,
    hasSelection: true,
    hasPicked: false,
    hasTeam: true,
    hasStorage: true,
    mayInvite: true,
    mayAddDevice: true,
    mayBecomeDevice: true,
    otherSpaces: [{ id: '01', name: 'Acme ML' }],
    visit: nothing,
    openDialog: nothing,
    openPalette: nothing,
    openShortcuts: nothing,
    focusFilter: nothing,
    addSecret: nothing,
    importSecrets: nothing,
    linkFolder: nothing,
    exportFile: nothing,
    newProject: nothing,
    newEnvironment: nothing,
    rotate: nothing,
    attachFile: nothing,
    copy: nothing,
    reveal: nothing,
    closeInspector: nothing,
    pickAll: nothing,
    verifyAudit: nothing,
    enterSpace: nothing,
    syncNow: nothing,
    makeRecoveryKit: nothing,
    nextTheme: nothing,
    toggleSidebar: nothing,
    togglePanel: nothing,
    undo: nothing,
    redo: nothing,
    lock: nothing,
    ...over,
  };
}

function press(key: string, init: KeyboardEventInit = {}, target: Element = document.body) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
  target.dispatchEvent(event);
  return event;
}

describe('the registry', () => {
  test('ids and shortcuts are each used once', () => {
    const commands = uiCommands(actions());
    const ids = commands.map((each) => each.id);
    const shortcuts = commands.map((each) => each.shortcut).filter(Boolean);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(shortcuts).size).toBe(shortcuts.length);
  });

  test('a locked window offers nothing but the theme', () => {
    const locked = uiCommands(
      actions({
        unlocked: false,
        hasSecret: false,
        hasValue: false,
        hasOwnValue: false,
        hasSelection: false,
        hasProject: false,
      }),
    );
    expect(locked.filter((each) => each.enabled).map((each) => each.id)).toEqual(['theme.next']);
  });
});

describe('shortcuts', () => {
  test('Ctrl L locks', () => {
    const lock = vi.fn();
    commandFor(press('l', { ctrlKey: true }), uiCommands(actions({ lock })))?.run();
    expect(lock).toHaveBeenCalledOnce();
  });

  test('Ctrl Shift C is not Ctrl C', () => {
    const commands = uiCommands(actions());
    expect(commandFor(press('C', { ctrlKey: true, shiftKey: true }), commands)?.id).toBe(
      'secret.copy',
    );
    expect(commandFor(press('c', { ctrlKey: true }), commands)).toBeUndefined();
  });

  test('plain keys do nothing while typing', () => {
    const input = document.body.appendChild(document.createElement('input'));
    const commands = uiCommands(actions());
    expect(commandFor(press('/', {}, input), commands)).toBeUndefined();
    expect(commandFor(press('/'), commands)?.id).toBe('filter');
    expect(commandFor(press('?', { shiftKey: true }), commands)?.id).toBe('shortcuts');
    input.remove();
  });
});
