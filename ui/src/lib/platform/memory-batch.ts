import type { EditSecretsRequest } from '../bindings';
import { environment as newEnvironment, type Handlers } from './memory-data';
import type { MemoryProject, MemorySecret } from './memory-data';
import type { MemoryDomain } from './memory-domain';
import { MEMORY_KINDS } from './memory-find';
import { refuse } from './memory-import';
import { note, refuseMember, renamePart } from './memory-parts';
import { currentOf, generated, holderOf, putValue } from './memory-values';

type Names =
  | 'edit_secrets'
  | 'remove_secrets'
  | 'fill'
  | 'move_secrets'
  | 'generate_values'
  | 'one_time_code'
  | 'public_half';

const EDITED = { links: [] };

/** What a secret says of itself, as a history tells it. */
function said(secret: MemorySecret): Record<string, string> {
  return {
    name: secret.name,
    kind: secret.kind.words,
    notes: secret.notes,
    owner: secret.owner,
    tags: secret.tags.join(' '),
    expires: secret.expires_at === null ? '' : String(secret.expires_at),
    lead: String(secret.lead_days),
  };
}

/** What is done to several secrets at once, over the projects that `world` holds. */
export class MemoryBatch {
  #world: { projects: MemoryProject[] };
  #domain: MemoryDomain;

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

  #secrets(held: MemoryProject, names: string[]): MemorySecret[] {
    return names.map(
      (name) =>
        held.secrets.find((each) => each.name === name) ??
        refuse('not_found', `There is no secret ${name}.`),
    );
  }

  #edit(request: EditSecretsRequest): void {
    const held = this.#project(request.project);
    const secrets = this.#secrets(held, request.names);
    const { rename, kind, notes, owner, expires, lead_days } = request;
    if (rename !== null) {
      if (!/^[A-Za-z_][\w.-]*$/.test(rename))
        refuse(
          'invalid_input',
          'A secret’s name is made of letters, digits, _, . and -.',
          'Choose another name.',
        );
      if (held.secrets.some((each) => each.name === rename))
        refuse('exists', `There is a secret ${rename} already.`, 'Choose another name.');
    }
    for (const tag of request.add_tags)
      if (!/^[\p{Ll}\d._/-]+$/u.test(tag))
        refuse('invalid_input', 'A tag is made of lower-case letters, digits, -, _, . and /.');
    this.#domain.remember(`edited ${request.names.join(', ')} of ${request.project}`);
    for (const secret of secrets) {
      const before = said(secret);
      if (rename !== null) renamePart(held, secret.name, rename);
      if (rename !== null) secret.name = rename;
      if (kind !== null)
        secret.kind = MEMORY_KINDS.find((each) => each.kind === kind) ?? secret.kind;
      if (notes !== null) secret.notes = notes;
      if (owner !== null) secret.owner = owner;
      if (expires !== null) secret.expires_at = expires === 'never' ? null : expires.at;
      if (lead_days !== null) secret.lead_days = lead_days;
      secret.tags = [...new Set([...secret.tags, ...request.add_tags])]
        .filter((tag) => !request.remove_tags.includes(tag))
        .sort();
      for (const [field, to] of Object.entries(said(secret)))
        note(secret, { field, from: before[field] ?? null, to });
    }
    held.secrets = [...held.secrets].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Refuses what has no value of that kind, or may not let it out. */
  #current(
    request: { project: string; environment: string; name: string; confirmed?: boolean },
    kind: string,
    not: string,
  ): void {
    const held = this.#project(request.project);
    const [secret] = this.#secrets(held, [request.name]);
    const at = secret && (holderOf(held, secret, request.environment) ?? request.environment);
    if (!secret || !currentOf(secret, at ?? ''))
      refuse('not_found', `${request.name} has no value in ${request.environment}.`);
    else if (secret.kind.kind !== kind)
      refuse('invalid_input', `This value ${not}.`, 'Replace it.');
    this.#domain.release(request);
  }

  handlers: Pick<Handlers, Names> = {
    edit_secrets: (request) => {
      this.#edit(request);
      return EDITED;
    },
    remove_secrets: ({ project, names, environment }) => {
      const held = this.#project(project);
      const secrets = this.#secrets(held, names);
      if (environment === null) refuseMember(held, names);
      this.#domain.remember(
        `removed ${names.join(', ')}${environment ? ` in ${environment}` : ''} of ${project}`,
      );
      if (environment === null)
        held.secrets = held.secrets.filter((each) => !names.includes(each.name));
      else
        for (const secret of secrets) {
          const current = currentOf(secret, environment);
          if (current) current.view.stage = 'previous';
        }
      return EDITED;
    },
    fill: ({ project, from, to, names, confirmed }) => {
      const held = this.#project(project);
      this.#domain.release({ project, environment: from, confirmed });
      const values = this.#secrets(held, names).map((secret) => {
        const source = holderOf(held, secret, from) ?? from;
        return (
          currentOf(secret, source)?.value ??
          refuse('not_found', `${secret.name} has no value in ${from}.`)
        );
      });
      this.#domain.remember(`filled ${names.length} in ${to} of ${project}`);
      names.forEach((name, index) => putValue(held, name, to, values[index] ?? '', 'copied'));
      return EDITED;
    },
    move_secrets: ({ project, names, to, create_missing }) => {
      const held = this.#project(project);
      const target = this.#project(to);
      const secrets = this.#secrets(held, names);
      const taken = names.find((name) => target.secrets.some((each) => each.name === name));
      if (taken) refuse('exists', `secret ${taken} exists.`, 'Rename one of the two first.');
      const there = new Set(target.view.environments.map((each) => each.name));
      const missing = held.view.environments.filter(
        ({ name }) => !there.has(name) && secrets.some((each) => currentOf(each, name)),
      );
      if (missing[0] && !create_missing)
        refuse('needs_confirmation', `${to} has no environment ${missing[0].name}.`, 'Agree.');
      this.#domain.remember(`moved ${names.join(', ')} from ${project} to ${to}`);
      target.view.environments.push(...missing.map(({ name }) => newEnvironment(name)));
      held.secrets = held.secrets.filter((each) => !names.includes(each.name));
      target.secrets = [...target.secrets, ...secrets].sort((a, b) => a.name.localeCompare(b.name));
      return EDITED;
    },
    generate_values: ({ project, environment, names, shape }) => {
      const held = this.#project(project);
      for (const secret of this.#secrets(held, names))
        if (!currentOf(secret, environment))
          refuse('not_found', `${secret.name} has no value in ${environment}.`);
      this.#domain.remember(`rotated ${names.length} in ${environment} of ${project}`);
      for (const name of names) putValue(held, name, environment, generated(shape), 'generated');
      return EDITED;
    },
    one_time_code: (request) => {
      this.#current(request, 'totp', 'makes no codes');
      return { code: '123456', seconds: 17 };
    },
    public_half: (request) => {
      this.#current(request, 'private_key', 'has no public half that Keystead can tell');
      return { text: 'ssh-ed25519 AAAAsample sample' };
    },
  };
}
