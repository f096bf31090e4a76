import { tick } from 'svelte';
import { AuditController } from './features/audit/controller.svelte';
import { DevicesController } from './features/devices/controller.svelte';
import { LinksController } from './features/links/controller.svelte';
import { SettingsController } from './features/settings/controller.svelte';
import { SessionController } from './features/session/controller.svelte';
import { TeamController } from './features/team/controller.svelte';
import { WorkbenchController } from './features/workbench/controller.svelte';
import { attachFile } from './features/parts/attach';
import { togetherWith } from './features/parts/words';
import { syncedDetail, syncedTitle } from './features/team/words';
import type { Dialog, PlainDialog } from './dialogs';
import type { ApiError, Notice } from './lib/bindings';
import { Clock } from './lib/clock.svelte';
import { uiCommands, type Actions } from './lib/commands';
import { apiError } from './lib/errors';
import { FocusKeeper } from './lib/focus';
import { plural } from './lib/format';
import { Layout } from './lib/layout.svelte';
import type { Platform } from './lib/platform';
import { Confirming } from './lib/platform/confirming';
import { Theme } from './lib/theme.svelte';
import { Toasts, type ToastAction } from './lib/toasts.svelte';

export type ViewName = 'workbench' | 'audit' | 'team' | 'disk' | 'settings';

/** The window: its controllers, which view and dialog are open, and what can be done. */
export class App implements Actions {
  readonly platform: Platform;
  readonly session: SessionController;
  readonly toasts = new Toasts();
  readonly theme = new Theme();
  readonly clock = new Clock();
  readonly layout = new Layout();
  readonly focus = new FocusKeeper();
  workbench: WorkbenchController;
  links: LinksController;
  audit: AuditController;
  settings: SettingsController;
  team: TeamController;
  devices: DevicesController;

  /** Whether something happened that no view shows yet, and the reading that is under way. */
  #behind = false;
  #following: Promise<void> | null = null;

  view = $state<ViewName>('workbench');
  dialog = $state.raw<Dialog | null>(null);

  /** A value of a protected environment is about to leave, and nobody has agreed yet. */
  question = $state.raw<{ error: ApiError; answer: (lets: boolean) => void } | null>(null);

  constructor(inner: Platform) {
    const platform = new Confirming(inner, (error) => this.#agree(error));
    this.platform = platform;
    this.session = new SessionController(platform);
    this.workbench = $state.raw(new WorkbenchController(platform));
    this.links = $state.raw(new LinksController(platform));
    this.audit = $state.raw(new AuditController(platform));
    this.settings = $state.raw(new SettingsController(platform));
    this.team = $state.raw(new TeamController(platform));
    this.devices = $state.raw(new DevicesController(platform));
  }

  commands = $derived.by(() => uiCommands(this));

  get unlocked(): boolean {
    return this.session.unlocked;
  }

  get hasProject(): boolean {
    return this.workbench.current !== null;
  }

  get hasSelection(): boolean {
    return {
      workbench: this.workbench.selection !== null,
      audit: this.audit.selected !== null,
      team: this.team.selected !== null || this.team.removing !== null,
      disk: this.links.selected !== null,
      settings: false,
    }[this.view];
  }

  get hasValue(): boolean {
    return this.view === 'workbench' && this.workbench.hasValue;
  }

  get hasOwnValue(): boolean {
    return this.view === 'workbench' && this.workbench.hasOwnValue;
  }

  get hasPicked(): boolean {
    return this.view === 'workbench' && this.workbench.picked.size > 0;
  }

  get hasSecret(): boolean {
    return this.view === 'workbench' && this.workbench.inspected !== null;
  }

  get hasTeam(): boolean {
    return this.team.shared !== undefined;
  }

  get hasStorage(): boolean {
    return this.team.shared?.remote != null;
  }

  get mayInvite(): boolean {
    return this.team.mayInvite;
  }

  get mayAddDevice(): boolean {
    return this.devices.view?.primary ?? false;
  }

  get mayBecomeDevice(): boolean {
    return this.devices.view?.unused ?? false;
  }

  get otherSpaces(): { id: string; name: string }[] {
    return (this.team.spaces ?? []).filter((each) => !each.entered);
  }

  /** Reads what the unlocked window shows. */
  async load(): Promise<void> {
    await Promise.all([this.workbench.load(), this.links.load(), this.team.load()]);
  }

  /** Forgets all that the vault said. */
  forget(): void {
    this.question?.answer(false);
    this.dialog = null;
    this.view = 'workbench';
    this.toasts.clear();
    this.workbench = new WorkbenchController(this.platform);
    this.links = new LinksController(this.platform);
    this.audit = new AuditController(this.platform);
    this.settings = new SettingsController(this.platform);
    this.team = new TeamController(this.platform);
    this.devices = new DevicesController(this.platform);
  }

  async hear(notice: Notice): Promise<void> {
    if (notice.notice === 'locked') {
      this.forget();
      await this.session.refresh();
    } else if (notice.notice === 'vault_changed') {
      await this.followed();
    } else if (notice.notice === 'synced') {
      await Promise.all([this.team.load(false), this.#devicesAgain()]);
    } else if (notice.notice === 'links_changed') {
      await Promise.all([this.links.load(), this.workbench.inspectAgain()]);
    } else {
      this.session.clipboardCleared();
    }
  }

  /** Goes on from an older copy of the vault, which could only be looked at. */
  async acceptRollback(): Promise<void> {
    try {
      await this.session.acceptRollback();
    } catch (thrown) {
      this.toasts.failed(apiError(thrown));
    }
    await this.changed();
  }

  /**
   * After another process used the vault: what is open, and every view that may show it. While that is read,
   * what more it does is noted and read once, however much it is.
   */
  async followed(): Promise<void> {
    this.#behind = true;
    this.#following ??= this.#follow().finally(() => (this.#following = null));
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (this.#behind) {
      this.#behind = false;
      const wasUnlocked = this.unlocked;
      await this.session.refresh();
      // An unlock from elsewhere opens the workbench, which reads it all by itself.
      if (!wasUnlocked || !this.unlocked) continue;
      const audit = this.audit.events === null ? undefined : this.audit.load();
      const settings = this.settings.settings === null ? undefined : this.settings.load();
      await Promise.all([this.changed(), audit, settings]);
    }
  }

  /** After something was written: every view that may show it. */
  async changed(): Promise<void> {
    await Promise.all([
      this.workbench.refresh(),
      this.links.load(),
      this.team.load(this.view === 'team'),
      this.#devicesAgain(),
    ]);
  }

  /** Reads the devices anew where they are on screen, or what hangs on their vault being unused. */
  async #devicesAgain(): Promise<void> {
    if (this.view === 'settings' || this.devices.view?.unused) await this.devices.load();
  }

  go(view: ViewName): void {
    this.view = view;
    this.dialog = null;
  }

  visit(view: ViewName): void {
    this.go(view);
    this.focus.goHome();
  }

  openDialog(kind: PlainDialog): void {
    this.dialog = { kind };
  }

  openPalette(): void {
    this.openDialog('palette');
  }

  #agree(error: ApiError): Promise<boolean> {
    this.question?.answer(false);
    return new Promise((answered) => {
      const answer = (lets: boolean) => {
        this.question = null;
        answered(lets);
      };
      this.question = { error, answer };
    });
  }

  openShortcuts(): void {
    this.openDialog('shortcuts');
  }

  closeDialog(): void {
    this.dialog = null;
  }

  focusFilter(): void {
    this.go('workbench');
    queueMicrotask(() => document.getElementById('filter')?.focus());
  }

  addSecret(name = ''): void {
    const environment =
      (name && this.workbench.selection?.environment) ||
      this.workbench.environment ||
      this.workbench.environments[0]?.name ||
      '';
    this.dialog = { kind: 'add', name, environment };
  }

  importSecrets(): void {
    this.openDialog('import');
  }

  linkFolder(): void {
    this.openDialog('link');
  }

  exportFile(): void {
    this.openDialog('export');
  }

  newProject(): void {
    this.openDialog('project');
  }

  newEnvironment(): void {
    this.openDialog('environment');
  }

  rotate(): void {
    const selection = this.workbench.selection;
    if (!selection) return;
    if (togetherWith(this.workbench.inspected)) this.openDialog('rotate-credential');
    else this.dialog = { kind: 'rotate', ...selection };
  }

  attachFile(): void {
    void attachFile(this);
  }

  copy(): void {
    void this.copyValue();
  }

  async copyValue(): Promise<void> {
    try {
      const seconds = await this.workbench.copy();
      this.session.clipboardHolds(seconds);
      this.clock.tick();
      this.toasts.done('Copied', `The clipboard is cleared in ${plural(seconds, 'second')}.`);
    } catch (thrown) {
      this.notReleased(thrown);
    }
  }

  /** Why a value does not leave. What owners said of it, and who they are, is in Team. */
  notReleased(thrown: unknown): void {
    const where = { label: 'Open Team', run: () => this.visit('team') };
    this.toasts.failed(
      thrown,
      apiError(thrown).code === 'role' && this.hasTeam ? where : undefined,
    );
  }

  reveal(): void {
    void this.revealValue();
  }

  async revealValue(): Promise<void> {
    // A folded panel shows nothing: it comes first, and hears the question then.
    this.layout.panel.show();
    await tick();
    this.workbench.revealAsked += 1;
  }

  pickAll(): void {
    this.go('workbench');
    this.workbench.picked.all(this.workbench.rows);
  }

  closeInspector(): void {
    if (this.hasPicked) this.workbench.picked.clear();
    else if (this.view === 'workbench') this.workbench.close();
    else if (this.view === 'audit') this.audit.selected = null;
    else if (this.view === 'disk') this.links.selected = null;
    else if (this.view === 'team') this.team.close();
  }

  enterSpace(id: string): void {
    void this.moveTo(() => this.team.enter(id)).catch((thrown) => this.toasts.failed(thrown));
  }

  /**
   * Works in another space: nothing of the one before stays on screen, and `tell` says where one is.
   * Rejects with an `ApiError`.
   */
  async moveTo(
    enter: () => Promise<void>,
    tell = () => this.toasts.done(`You work in ${this.team.space?.name ?? 'another space'} now`),
  ): Promise<void> {
    await enter();
    this.workbench = new WorkbenchController(this.platform);
    const audit = this.audit.events === null ? undefined : this.audit.load();
    await Promise.all([this.load(), audit, this.#devicesAgain()]);
    tell();
  }

  syncNow(): void {
    void this.sync();
  }

  async sync(): Promise<void> {
    const said = await this.team.sync();
    if (said) {
      this.clock.tick();
      this.toasts.done(syncedTitle(said), syncedDetail(said));
      await this.changed();
    } else if (this.team.syncFailure && this.view !== 'team') {
      this.toasts.failed(this.team.syncFailure);
    }
  }

  verifyAudit(): void {
    this.visit('audit');
    void this.audit.verify();
  }

  makeRecoveryKit(): void {
    this.visit('settings');
    void this.settings.load();
    this.dialog = { kind: 'slot', dialog: { kind: 'recovery' } };
  }

  nextTheme(): void {
    this.theme.next();
  }

  toggleSidebar(): void {
    this.layout.sidebar.toggle();
  }

  togglePanel(): void {
    this.layout.panel.toggle();
  }

  undo(): void {
    void this.takeBack('undo');
  }

  redo(): void {
    void this.takeBack('redo');
  }

  /** What a toast offers about a change that was just made. */
  get undoAction(): ToastAction {
    return { label: 'Undo', run: () => this.undo() };
  }

  /** Takes back the newest change, or the one of that sequence; or makes the one taken back last again. */
  async takeBack(command: 'undo' | 'redo', sequence: number | null = null): Promise<void> {
    try {
      const view =
        command === 'undo'
          ? await this.platform.call('undo', { sequence })
          : await this.platform.call('redo', {});
      const left = view.links.filter((link) => link.problem).length;
      const detail = left > 0 ? `${left} linked files could not follow; see On disk.` : '';
      if (command === 'undo')
        this.toasts.done(`Took back: ${view.what}`, detail, {
          label: 'Redo',
          run: () => this.redo(),
        });
      else this.toasts.done(`Made again: ${view.what}`, detail, this.undoAction);
      await this.changed();
    } catch (thrown) {
      this.toasts.failed(thrown);
    }
  }

  lock(): void {
    void this.lockNow();
  }

  async lockNow(): Promise<void> {
    try {
      await this.session.lock();
      this.forget();
    } catch (thrown) {
      this.toasts.failed(thrown);
    }
  }

  /** Goes to one secret, whichever project it is in. */
  async jump(project: string, name: string, environment?: string): Promise<void> {
    this.go('workbench');
    await this.workbench.open(project);
    this.workbench.filter = '';
    await this.workbench.select(name, environment);
    this.focus.goHome();
  }
}
