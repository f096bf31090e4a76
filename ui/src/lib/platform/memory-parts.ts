import type {
  AttachmentView,
  CredentialView,
  EditCredentialRequest,
  HistoryFieldView,
  HistoryRowView,
  PlaceView,
} from '../bindings';
import type { Handlers, MemoryProject, MemorySecret } from './memory-data';
import type { MemoryDomain } from './memory-domain';
import { refuse } from './memory-import';
import { differences, placesIn, withPart } from './memory-text';
import { currentOf, generated, holderOf, putValue } from './memory-values';

type Names =
  | 'compact'
  | 'history'
  | 'attachments'
  | 'attach'
  | 'save_attachment'
  | 'remove_attachment'
  | 'credentials'
  | 'edit_credential'
  | 'rotate_credential'
  | 'restore_credential';

interface Place {
  project: string;
  environment: string;
  name: string;
}

/** The credential that a secret is part of. */
export function credentialOf(held: MemoryProject, name: string): CredentialView | null {
  return held.credentials.find(({ parts }) => parts.some(({ secret }) => secret === name)) ?? null;
}

/** A secret got another name, and is still part of what it was part of. */
export function renamePart(held: MemoryProject, from: string, to: string): void {
  for (const { parts } of held.credentials)
    for (const part of parts) if (part.secret === from) part.secret = to;
}

/** Refuses to take away what a credential is made of. */
export function refuseMember(held: MemoryProject, names: string[]): void {
  for (const name of names) {
    const credential = credentialOf(held, name);
    if (credential) refusePart(credential);
  }
}

function refusePart({ name }: CredentialView): never {
  return refuse(
    'exists',
    `It is part of the credential ${name}.`,
    'Rotate or restore the whole credential, or take this one out of it first.',
  );
}

/** Notes what a secret says of itself since. */
export function note(secret: MemorySecret, field: HistoryFieldView): void {
  if (field.from === field.to) return;
  const row: HistoryRowView = { at: Date.now(), device: 'thinkpad-7', value: null, field };
  secret.said = [row, ...(secret.said ?? [])];
}

/** Files kept beside values, secrets that belong together, values made of others, what one was before. */
export class MemoryParts {
  #world: { projects: MemoryProject[] };
  #domain: MemoryDomain;
  /** What was saved, by its path. */
  readonly disk = new Set<string>();

  constructor(world: { projects: MemoryProject[] }, domain: MemoryDomain) {
    this.#world = world;
    this.#domain = domain;
  }

  #project(name: string): MemoryProject {
    return (
      this.#world.projects.find((each) => each.view.name === name) ??
      refuse('not_found', `There is no project ${name}.`, 'Choose one from the list.')
    );
  }

  #secret(held: MemoryProject, name: string): MemorySecret {
    return (
      held.secrets.find((each) => each.name === name) ??
      refuse('not_found', `There is no secret ${name}.`)
    );
  }

  #credential(held: MemoryProject, name: string): CredentialView {
    return (
      held.credentials.find((each) => each.name === name) ??
      refuse('not_found', `There is no credential ${name}.`, 'Choose one that is listed.')
    );
  }

  /** Lets through what may change by itself. */
  alone<T extends Place>(request: T): T {
    const credential = credentialOf(this.#project(request.project), request.name);
    if (credential?.parts.some(({ secret }) => secret !== request.name)) refusePart(credential);
    return request;
  }

  #stored({ project, environment, name }: Place): string {
    const held = this.#world.projects.find((each) => each.view.name === project);
    const secret = held?.secrets.find((each) => each.name === name);
    if (!held || !secret) return '';
    return currentOf(secret, holderOf(held, secret, environment) ?? environment)?.value ?? '';
  }

  /** What a secret has to do with others. */
  of(place: Place): {
    credential: CredentialView | null;
    refers_to: PlaceView[];
    referred_by: PlaceView[];
  } {
    const here = `\${${place.project}/${place.environment}/${place.name}}`;
    const referred_by = this.#world.projects.flatMap((held) =>
      held.secrets.flatMap((secret) =>
        Object.keys(secret.cells)
          .filter((name) => currentOf(secret, name)?.value.includes(here))
          .map((environment) => ({
            project: held.view.name,
            environment,
            name: secret.name,
          })),
      ),
    );
    return {
      credential: credentialOf(this.#project(place.project), place.name),
      refers_to: placesIn(this.#stored(place)),
      referred_by,
    };
  }

  #files({ project, environment, name }: Place): AttachmentView[] {
    const held = this.#project(project);
    const secret = this.#secret(held, name);
    const files = (held.files ??= {});
    return (files[[secret.id, environment].join(' ')] ??= []);
  }

  #file(place: Place, name: string): AttachmentView {
    return (
      this.#files(place).find((each) => each.name === name) ??
      refuse('not_found', `There is no file ${name}.`, 'Choose one that is listed.')
    );
  }

  #setFiles(place: Place, what: string, next: (files: AttachmentView[]) => AttachmentView[]): void {
    this.#domain.remember(`${what} of ${place.name} in ${place.environment} of ${place.project}`);
    const files = this.#files(place);
    files.splice(0, files.length, ...next([...files]));
    files.sort((a, b) => a.name.localeCompare(b.name));
  }

  #edit({ project, name, parts, rename, remove }: EditCredentialRequest): void {
    const held = this.#project(project);
    const before = held.credentials.find((each) => each.name === name);
    if (parts) {
      const distinct = new Set(parts.map(({ secret, part }) => `${secret}#${part}`));
      if (distinct.size === 0 || distinct.size < parts.length)
        refuse(
          'invalid_input',
          'A credential is made of one part at least, and of none twice.',
          'Name each part once.',
        );
      for (const { secret } of parts) {
        this.#secret(held, secret);
        const other = credentialOf(held, secret);
        if (other && other !== before) refusePart(other);
      }
    } else this.#credential(held, name);
    if (rename !== null && held.credentials.some((each) => each.name === rename))
      refuse('exists', `There is a credential ${rename} already.`, 'Choose another name.');
    this.#domain.remember(`edited the credential ${name} of ${project}`);
    const others = held.credentials.filter((each) => each !== before);
    const next = { name: rename ?? name, parts: parts ?? before?.parts ?? [] };
    held.credentials = (remove ? others : [...others, next]).sort((a, b) =>
      a.name.localeCompare(b.name),
    );
  }

  #history(place: Place): HistoryRowView[] {
    const secret = this.#secret(this.#project(place.project), place.name);
    const cell = secret.cells[place.environment];
    const values = (cell?.versions ?? []).map((each, index): HistoryRowView => {
      const [before, now] = [cell?.values[index - 1], cell?.values[index] ?? ''];
      const parts = before === undefined ? [] : differences(before, now);
      const { number: version, origin } = each;
      return {
        at: each.created_at,
        device: each.author,
        value: { environment: place.environment, version, origin, parts },
        field: null,
      };
    });
    return [...(secret.said ?? []), ...values.reverse()].sort((a, b) => b.at - a.at);
  }

  handlers: Pick<Handlers, Names> = {
    compact: () => refuse('not_allowed', 'There is no store here.'),
    history: (place) => ({ rows: this.#history(place) }),
    attachments: (place) => ({ attachments: this.#files(place) }),
    attach: ({ path, ...place }) => {
      const name = path.split('/').at(-1) ?? path;
      const file = { name, size: 1_843, created_at: Date.now(), exposures: 0 };
      this.#setFiles(place, `attached ${name}`, (files) => [
        ...files.filter((each) => each.name !== name),
        file,
      ]);
      return { attachments: this.#files(place) };
    },
    save_attachment: ({ attachment, path, overwrite, confirmed, ...place }) => {
      const file = this.#file(place, attachment);
      if (this.disk.has(path) && !overwrite)
        refuse(
          'exists',
          `${path} is there already.`,
          'Choose another name, or agree to replace it.',
        );
      this.#domain.release({ ...place, confirmed });
      this.disk.add(path);
      file.exposures += 1;
      return { path, size: file.size };
    },
    remove_attachment: ({ attachment, ...place }) => {
      this.#file(place, attachment);
      this.#setFiles(place, `removed ${attachment}`, (files) =>
        files.filter((each) => each.name !== attachment),
      );
      return { attachments: this.#files(place) };
    },
    credentials: ({ project }) => ({ credentials: this.#project(project).credentials }),
    edit_credential: (request) => {
      this.#edit(request);
      return { credentials: this.#project(request.project).credentials };
    },
    rotate_credential: ({ project, environment, name, values }) => {
      const held = this.#project(project);
      const { parts } = this.#credential(held, name);
      const texts = new Map<string, string>();
      for (const { part, value } of values) {
        const at = { project, environment, name: part.secret };
        const text =
          texts.get(part.secret) ?? currentOf(this.#secret(held, at.name), environment)?.value;
        const known = parts.some((each) => each.secret === part.secret && each.part === part.part);
        const next = 'pasted' in value ? value.pasted : generated(value.generated);
        const written = known && text !== undefined ? withPart(text, part.part, next) : null;
        if (written === null)
          refuse(
            'not_found',
            `There is no part ${part.secret}${part.part && `#${part.part}`} in ${environment}.`,
            'Name a part that it is made of, and that its value has.',
          );
        else texts.set(part.secret, written);
      }
      this.#domain.remember(`rotated the credential ${name} in ${environment} of ${project}`);
      for (const [secret, text] of texts) putValue(held, secret, environment, text, 'rotated');
      return { secrets: [...texts.keys()], links: [] };
    },
    restore_credential: ({ project, environment, name }) => {
      const held = this.#project(project);
      const secrets = [...new Set(this.#credential(held, name).parts.map((each) => each.secret))];
      const cells = secrets.map((secret) => {
        const versions = this.#secret(held, secret).cells[environment]?.versions ?? [];
        if (!versions.some((each) => each.stage === 'previous'))
          refuse('not_found', `${secret} has no such version.`, 'Choose one that is listed.');
        return secret;
      });
      this.#domain.remember(`restored the credential ${name} in ${environment} of ${project}`);
      for (const secret of cells)
        for (const each of this.#secret(held, secret).cells[environment]?.versions ?? [])
          if (each.stage === 'previous') each.stage = 'current';
          else if (each.stage === 'current') each.stage = 'previous';
      return { secrets, links: [] };
    },
  };
}
