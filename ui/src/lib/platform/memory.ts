import type {
  Commands,
  EventView,
  LinkView,
  LinkWriteView,
  NewValue,
  Notice,
  Stage,
  StatusView,
  VersionSelector,
  WrittenView,
} from '../bindings';
import {
  KDF,
  ROLLBACK,
  bigProject,
  environment as newEnvironment,
  nextId,
  project,
  sampleEvents,
  sampleLinks,
  sampleProjects,
  strengthOf,
  type Handlers,
  type MemoryProject,
  type MemorySecret,
  type Preview,
} from './memory-data';
import { usualFile } from '../dialects';
import { MemoryBatch } from './memory-batch';
import { MemoryCopies } from './memory-copies';
import { MemoryDevices } from './memory-devices';
import type { MemoryOptions } from './memory-options';
import { MemoryTeam } from './memory-team';
import { MemoryDomain } from './memory-domain';
import { findHandlers } from './memory-find';
import { readImport, refuse } from './memory-import';
import { MemoryParts } from './memory-parts';
import { MemorySettings } from './memory-settings';
import { MemorySlots } from './memory-slots';
import { resolved } from './memory-text';
import { currentOf, detailsOf, generated, holderOf, putValue, rowsOf } from './memory-values';
import type { Platform } from './platform';

export type { MemoryOptions } from './memory-options';

export const MEMORY_PASSPHRASE = 'correct horse battery';

/** A vault in memory with invented data, for tests and for looking at screens in a browser. */
const notHere = () => refuse('not_allowed', 'The window may not ask for this.');

export class MemoryPlatform implements Platform {
  calls: { command: keyof Commands; request: unknown }[] = [];
  picked: string | null = '/home/mara/code/labelling';
  projects: MemoryProject[] = [];
  links: LinkView[] = [];
  events: EventView[] = [];
  state: StatusView['state'];
  slots: MemorySlots;
  settings = new MemorySettings();
  rollback: StatusView['rollback'];
  memoryWarning: string | null;
  hostWarning: string | null;
  #listeners = new Set<(notice: Notice) => void>();
  #options: MemoryOptions;
  #failed = 0;
  #lockedAt: number | null = null;
  #exposures = new Map<string, { how: string; at: number; times: number; version: number }[]>();
  #preview: Preview = { id: '', project: '', environment: '', entries: [] };

  constructor(options: MemoryOptions = {}) {
    this.#options = options;
    this.slots = new MemorySlots(MEMORY_PASSPHRASE, options.ways ?? []);
    this.rollback = options.rollback ? ROLLBACK : null;
    this.state = { new: 'no_vault', locked: 'locked', unlocked: 'unlocked' }[
      options.start ?? 'unlocked'
    ] as StatusView['state'];
    this.memoryWarning = options.memoryWarning ?? null;
    this.hostWarning = options.hostWarning ?? null;
    if (this.state === 'locked') this.#lockedAt = Date.now() - 14 * 60_000;
    this.devices.primary = !options.secondary;
    const now = Date.now();
    const holds = options.holds ?? 'sample';
    if (holds === 'sample') {
      this.projects = sampleProjects(now);
      this.links = sampleLinks(now);
      this.domain.remembersSample();
    }
    if (holds === 'big') this.projects = [bigProject(now, 100_000)];
    if (holds === 'empty-project') this.projects = [project('churn-model', ['dev', 'prod'])];
    if (options.team) this.team.begin(options.team, now);
    this.events = sampleEvents(now, holds === 'sample' ? 240 : 3);
  }

  async call<K extends keyof Commands>(
    command: K,
    request: Commands[K]['request'],
  ): Promise<Commands[K]['view']> {
    this.calls.push({ command, request: { ...request } });
    if (this.#options.delay) await new Promise((done) => setTimeout(done, this.#options.delay));
    else await Promise.resolve();
    const failure = this.#options.failing?.[command];
    if (failure) throw failure;
    return structuredClone(this.#handlers[command](request));
  }

  pickFile = () => Promise.resolve(this.picked && `${this.picked}/.env`);
  pickFolder = () => Promise.resolve(this.picked);
  pickSave = (suggested: string) => Promise.resolve(this.picked && `${this.picked}/${suggested}`);

  onNotice(hear: (notice: Notice) => void): Promise<() => void> {
    this.#listeners.add(hear);
    return Promise.resolve(() => this.#listeners.delete(hear));
  }

  notify(notice: Notice): void {
    for (const hear of this.#listeners) hear(notice);
  }

  #status(): StatusView {
    return {
      state: this.state,
      vault: { name: 'work', path: '/home/mara/.local/share/keystead/work.keystead' },
      unlock_with: this.slots.ways(),
      rollback: this.state === 'unlocked' ? this.rollback : null,
      device: 'thinkpad-7',
      lock: this.state === 'unlocked' ? { idle_seconds: 600, locks_in_seconds: 582 } : null,
      locked_because: this.#lockedAt === null ? null : 'idle',
      locked_at: this.#lockedAt,
      failed_unlocks: this.state === 'unlocked' ? this.#failed : 0,
      backup_warning: null,
      host_warning: this.hostWarning,
      memory_warning: this.memoryWarning,
    };
  }

  #open(): StatusView {
    this.state = 'unlocked';
    return this.#status();
  }

  #project(name: string): MemoryProject {
    return (
      this.projects.find((each) => each.view.name === name) ??
      refuse('not_found', `There is no project ${name}.`, 'Choose one from the list.')
    );
  }

  #secret(request: { project: string; name: string }): MemorySecret {
    return (
      this.#project(request.project).secrets.find((each) => each.name === request.name) ??
      refuse('not_found', `There is no secret ${request.name}.`)
    );
  }

  #pick(request: { project: string; environment: string; name: string; version: VersionSelector }) {
    const secret = this.#secret(request);
    const own = currentOf(secret, request.environment);
    const from =
      own || request.version !== 'current'
        ? request.environment
        : holderOf(this.#project(request.project), secret, request.environment);
    const cell = secret.cells[from ?? request.environment];
    const staged = (stage: Stage) => cell?.versions.find((each) => each.stage === stage)?.number;
    const number =
      typeof request.version === 'string' ? staged(request.version) : request.version.number;
    const value = number === undefined ? undefined : cell?.values[number - 1];
    return value === undefined || number === undefined
      ? refuse('not_found', 'There is no such version.')
      : { value, number };
  }

  #expose(
    request: { project: string; environment: string; name: string },
    how: string,
    of: number,
  ) {
    const key = [request.project, request.environment, request.name].join('\n');
    const list = this.#exposures.get(key) ?? [];
    const known = list.find((each) => each.how === how && each.version === of);
    if (known) Object.assign(known, { at: Date.now(), times: known.times + 1 });
    else list.unshift({ how, at: Date.now(), times: 1, version: of });
    this.#exposures.set(key, list);
  }

  #write(
    request: { project: string; environment: string; name: string },
    value: string,
    origin: string,
  ): WrittenView {
    const held = this.#project(request.project);
    this.domain.remember(`${request.name} in ${request.environment} of ${request.project}`);
    const cell = putValue(held, request.name, request.environment, value, origin);
    return {
      name: request.name,
      version: cell.values.length,
      previous: cell.values.length > 1 ? cell.values.length - 1 : null,
      links: this.#rewrite(request),
    };
  }

  #writeNew(
    request: { project: string; environment: string; name: string; value: NewValue },
    origin: string,
  ): WrittenView {
    return 'pasted' in request.value
      ? this.#write(request, request.value.pasted, origin)
      : this.#write(request, generated(request.value.generated), 'generated');
  }

  #rewrite(request: { project: string; environment: string }): LinkWriteView[] {
    return this.#carrying(request).map((link) => {
      const drifted = link.state === 'drifted';
      if (!drifted) link.written_at = Date.now();
      return {
        link: link.id,
        path: `${link.folder}/${link.file}`,
        state: link.state,
        problem: drifted
          ? {
              code: 'drifted',
              message: 'Somebody edited this file, so it was left alone.',
              hint: 'Look at the change under On disk, then write it again or take its values.',
            }
          : link.problem,
      };
    });
  }

  #carrying(request: { project: string; environment: string }): LinkView[] {
    return this.links.filter(
      (link) => link.project === request.project && link.environment === request.environment,
    );
  }

  #link(id: string): LinkView {
    return (
      this.links.find((each) => each.id === id) ?? refuse('not_found', 'There is no such link.')
    );
  }

  #ensure(name: string, environment: string): void {
    let held = this.projects.find((each) => each.view.name === name);
    if (!held) {
      held = project(name, [environment]);
      this.projects = [...this.projects, held].sort((a, b) =>
        a.view.name.localeCompare(b.view.name),
      );
    }
    if (!held.view.environments.some((each) => each.name === environment))
      held.view.environments.push(newEnvironment(environment));
  }
  readonly domain = new MemoryDomain(this);
  readonly batch = new MemoryBatch(this, this.domain);
  readonly parts = new MemoryParts(this, this.domain);
  readonly copies = new MemoryCopies(this, this.domain);
  readonly team = new MemoryTeam(this, this.copies);
  readonly devices = new MemoryDevices(this, this.team, this.copies);

  #handlers: Handlers = {
    ...this.domain.handlers,
    ...this.batch.handlers,
    ...findHandlers(this),
    ...this.parts.handlers,
    ...this.copies.handlers,
    ...this.team.handlers,
    ...this.devices.handlers,
    status: () => this.#status(),
    strength: ({ passphrase }) => strengthOf(passphrase),
    create_vault: () => {
      this.state = 'unlocked';
      this.projects = [];
      this.links = [];
      return { status: this.#status(), kdf: KDF };
    },
    open_sample: () => {
      this.state = 'unlocked';
      return this.#status();
    },
    open_vault: () => {
      this.state = 'locked';
      return this.#status();
    },
    settings: () => this.settings.view(),
    change_settings: ({ choices }) => this.settings.change(choices),
    slots: () => this.slots.view(),
    add_keyring: (request) => this.slots.addKeyring(request),
    new_recovery_kit: (request) => this.slots.newKit(request),
    confirm_recovery_kit: (request) => this.slots.confirmKit(request),
    remove_slot: (request) => this.slots.remove(request),
    change_passphrase: (request) => this.slots.change(request),
    unlock_with_keyring: () => this.#open(),
    recover: (request) => {
      this.slots.recover(request);
      return this.#open();
    },
    unlock: ({ passphrase }) => {
      if (passphrase !== this.slots.passphrase) {
        this.#failed += 1;
        refuse(
          'wrong_passphrase',
          'Can’t open this vault: the passphrase is wrong or the file was changed.',
          this.slots.ways().recovery ? 'Try again, or use your recovery kit.' : 'Try again.',
        );
      }
      return this.#open();
    },
    accept_rollback: () => {
      this.rollback = null;
      return this.#status();
    },
    lock: () => {
      this.state = 'locked';
      this.#lockedAt = Date.now();
      return this.#status();
    },
    touch: () => ({ idle_seconds: 600, locks_in_seconds: 600 }),
    projects: () => ({
      space: this.team.name,
      projects: this.projects.map((each) => ({ ...each.view, secrets: each.secrets.length })),
    }),
    create_project: ({ name, environments }) => {
      if (this.projects.some((each) => each.view.name === name))
        refuse('exists', `There is a project ${name} already.`, 'Choose another name.');
      const held = project(name, environments);
      this.projects = [...this.projects, held].sort((a, b) =>
        a.view.name.localeCompare(b.view.name),
      );
      return held.view;
    },
    create_environment: ({ project: name, name: environment }) => {
      this.#ensure(name, environment);
      return this.#project(name).view;
    },
    matrix: ({ project: name }) => {
      const held = this.#project(name);
      return { project: { ...held.view, secrets: held.secrets.length }, rows: rowsOf(held) };
    },
    inspect: (request) => {
      const secret = this.#secret(request);
      const key = [request.project, request.environment, request.name].join('\n');
      const links = this.#carrying(request);
      return {
        secret: secret.id,
        name: secret.name,
        environment: request.environment,
        ...detailsOf(secret),
        notes: secret.notes,
        created_at: secret.createdAt,
        inherited_from: holderOf(this.#project(request.project), secret, request.environment),
        ...this.parts.of(request),
        versions: [...(secret.cells[request.environment]?.versions ?? [])].reverse(),
        exposures: [
          ...(this.#exposures.get(key) ?? []).map((each) => ({ ...each, place: '' })),
          ...links.map((link) => ({
            version: secret.cells[request.environment]?.versions.length ?? 1,
            how: 'linked',
            place: `${link.folder}/${link.file}`,
            at: link.written_at ?? 0,
            times: 1,
          })),
        ],
        links,
      };
    },
    reveal: (request) => {
      this.domain.release(request);
      const { value, number } = this.#pick(request);
      this.#expose(request, 'revealed', number);
      return { value: resolved(this.projects, value), version: number, hide_after_seconds: 20 };
    },
    copy: (request) => {
      this.domain.release(request);
      this.#expose(request, 'copied', this.#pick(request).number);
      return { clears_after_seconds: 30 };
    },
    read: (request) => {
      const { value, number } = this.#pick(request);
      return { name: request.name, version: number, value };
    },
    set_secret: (request) => {
      if (request.create_missing) this.#ensure(request.project, request.environment);
      return this.#writeNew(request, 'set');
    },
    rotate: (request) => this.#writeNew(this.parts.alone(request), 'rotated'),
    restore: (request) => this.#write(this.parts.alone(request), this.#pick(request).value, 'set'),
    preview_import: ({ source, project: name, environment }) => {
      const text =
        'text' in source
          ? source.text
          : (sampleProjects(0)[0]
              ?.secrets.map((each) => `${each.name}=sample-new`)
              .join('\n') ?? '');
      const held = this.projects.find((each) => each.view.name === name);
      const read = readImport(text, (key) =>
        held?.secrets.find((each) => each.name === key)?.cells[environment]?.values.at(-1),
      );
      this.#preview = { id: nextId(), project: name, environment, entries: read.pairs };
      return {
        preview: this.#preview.id,
        source: 'text' in source ? 'pasted text' : '.env',
        creates_project: !held,
        creates_environment: !held?.view.environments.some((each) => each.name === environment),
        entries: read.entries,
        left_out: [],
      };
    },
    import: ({ names, preview }) => {
      const { id, project: name, environment, entries } = this.#preview;
      if (preview !== id) refuse('not_found', 'This preview is gone.', 'Preview again.');
      this.#ensure(name, environment);
      const chosen = new Map(entries.filter(([key]) => !names || names.includes(key)));
      for (const [key, value] of chosen)
        this.#write({ project: name, environment, name: key }, value, 'imported');
      return { created: chosen.size, changed: 0, unchanged: 0, links: [] };
    },
    export: notHere,
    backup: notHere,
    restore_backup: notHere,
    inject: notHere,
    export_file: ({ path, project: name, names }) => ({
      path,
      secrets: names?.length ?? this.#project(name).secrets.length,
    }),
    links: () => ({ links: this.links }),
    preview_link: ({ folder, file, dialect, project: name }) => ({
      path: `${folder}/${file ?? usualFile(dialect)}`,
      exists: true,
      writes: this.#project(name).secrets.map((each) => each.name),
      replaces: ['DATABASE_URL'],
      keeps: ['PYTHONPATH', 'CUDA_VISIBLE_DEVICES'],
      git: { state: 'not_ignored', gitignore: `${folder}/.gitignore` },
      problem: null,
    }),
    link: ({ project: name, environment, folder, file, dialect, add_to_gitignore }) => {
      const link: LinkView = {
        id: nextId(),
        project: name,
        environment,
        folder,
        file: file ?? usualFile(dialect),
        dialect,
        state: 'current',
        problem: null,
        written_at: Date.now(),
        secrets: this.#project(name).secrets.length,
        git: {
          state: add_to_gitignore ? 'ignored' : 'not_ignored',
          gitignore: `${folder}/.gitignore`,
        },
        drift: null,
      };
      this.links = [...this.links, link];
      return link;
    },
    write_link: ({ link: id, overwrite_drift }) => {
      const link = this.#link(id);
      if (link.state === 'drifted' && !overwrite_drift)
        refuse('drifted', 'Somebody edited this file.', 'Look at the change first.');
      return Object.assign(link, { state: 'current', drift: null, written_at: Date.now() });
    },
    take_drift: ({ link }) => Object.assign(this.#link(link), { state: 'current', drift: null }),
    ignore_in_git: ({ link }) =>
      Object.assign(this.#link(link), { git: { state: 'ignored', gitignore: null } }),
    unlink: ({ link: id }) => {
      this.links = this.links.filter((each) => each.id !== id);
      return { links: this.links };
    },
    audit: ({ limit, before }) => ({
      events: this.events
        .filter((each) => before === null || each.position < before)
        .slice(0, limit),
      total: this.events.length,
    }),
    verify_audit: () => ({
      verified: true,
      events: this.events.length,
      operations: 61,
      ciphertexts: 118,
      logs: [
        { log: 'vault', events: 96, signed_events: 96, operations: 12, signed_operations: 12 },
        { log: 'Personal', events: 144, signed_events: 144, operations: 49, signed_operations: 49 },
      ],
      words:
        'Recomputed 240 events and 61 operations in 2 logs and 118 ciphertexts; every hash agrees, and signed heads cover all of them.',
      problem: null,
    }),
  };
}
