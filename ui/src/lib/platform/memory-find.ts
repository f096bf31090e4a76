import type { KindView, RecognisedView, ValueHitView } from '../bindings';
import { kindOf, type Handlers, type MemoryProject, type MemorySecret } from './memory-data';
import { refuse } from './memory-import';
import { currentOf, detailsOf } from './memory-values';

type Names = 'search' | 'filter' | 'find_value' | 'recognise' | 'kinds';

const DAY = 86_400_000;

/** What can be told from a value alone; no reader of a real issuer. */
const SHAPES: { name: string; prefix: RegExp; problem: string; least: number }[] = [
  {
    name: 'ANTHROPIC_API_KEY',
    prefix: /^sk-ant-/,
    problem: 'an Anthropic API key begins with sk-ant- and has at least 40 characters',
    least: 40,
  },
  {
    name: 'OPENAI_API_KEY',
    prefix: /^sk-/,
    problem: 'an OpenAI API key begins with sk- and has at least 40 characters',
    least: 40,
  },
  {
    name: 'HF_TOKEN',
    prefix: /^hf_/,
    problem: 'a Hugging Face token begins with hf_ and has some 37 characters',
    least: 30,
  },
  {
    name: 'GITHUB_TOKEN',
    prefix: /^gh[pousr]_/,
    problem: 'a GitHub token has at least 40 characters',
    least: 36,
  },
  { name: 'DATABASE_URL', prefix: /^\w+:\/\//, problem: '', least: 0 },
];

const KIND_NAMES = [
  'PLAIN',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'HF_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'GITHUB_TOKEN',
  'DATABASE_URL',
  'GCP_SERVICE_ACCOUNT',
  'PRIVATE_KEY',
];

/** The kinds there are here. */
export const MEMORY_KINDS: KindView[] = KIND_NAMES.map(kindOf);

function recognise(value: string, asked: string | null): RecognisedView {
  const lines = value.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith('#'));
  const names = lines.every((line) => /^(export )?[A-Za-z_]\w*=[^=]/.test(line));
  const shape = SHAPES.find((each) =>
    asked === null ? each.prefix.test(value.trim()) : kindOf(each.name).kind === asked,
  );
  const odd = shape && (!shape.prefix.test(value.trim()) || value.trim().length < shape.least);
  return {
    kind: kindOf(shape?.name ?? 'PLAIN'),
    usual_name: shape?.name ?? null,
    problem: odd
      ? shape.problem
      : shape && value !== value.trim()
        ? 'it has white space around it'
        : '',
    file: names && lines.length > 0 && !shape ? { dialect: 'dotenv', secrets: lines.length } : null,
  };
}

type Holds = (secret: MemorySecret, held: MemoryProject) => boolean;

function filterOf(word: string): Holds | null {
  const [, key, value = ''] = /^(\w+):(.+)$/.exec(word) ?? [];
  const at = (held: MemoryProject) =>
    held.view.environments.find((each) => each.name.toLowerCase() === value)?.name;
  const filters: Record<string, Holds> = {
    env: (secret, held) => currentOf(secret, at(held) ?? '') !== undefined,
    missing: (secret, held) => {
      const name = at(held);
      return name !== undefined && !currentOf(secret, name);
    },
    project: (_, held) => held.view.name.toLowerCase().startsWith(value),
    tag: (secret) => secret.tags.includes(value),
    kind: ({ kind }) =>
      kind.kind.startsWith(value) ||
      kind.words.toLowerCase().startsWith(value) ||
      kind.family === value,
    owner: (secret) => secret.owner.toLowerCase().startsWith(value),
    due: (secret) => {
      const within = Date.now() + days(word, value) * DAY;
      return secret.expires_at !== null && secret.expires_at - secret.lead_days * DAY <= within;
    },
  };
  return (key && filters[key]) || null;
}

function days(word: string, text: string): number {
  const said = /^(\d+)d?$/.exec(text);
  return said
    ? Number(said[1])
    : refuse('invalid_input', `${word} is no filter: write days, as in due:7d.`);
}

/** Whether a secret is what was asked for: words, and filters such as `env:prod`. */
function matcher(query: string): Holds {
  const parts = query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word): Holds => {
      const filter = filterOf(word);
      if (filter) {
        if (word.startsWith('due:')) days(word, word.slice(4));
        return filter;
      }
      return (secret, held) =>
        [secret.name, held.view.name, secret.kind.words, secret.owner, secret.notes, ...secret.tags]
          .join(' ')
          .toLowerCase()
          .includes(word);
    });
  return (secret, held) => parts.every((holds) => holds(secret, held));
}

function holders(held: MemoryProject, value: string): ValueHitView[] {
  return held.secrets.flatMap((secret) =>
    held.view.environments.flatMap(({ name }) => {
      const cell = secret.cells[name];
      return (cell?.versions ?? [])
        .filter((each) => cell?.values[each.number - 1] === value)
        .map((each) => ({
          project: held.view.name,
          environment: name,
          name: secret.name,
          version: each.number,
          stage: each.stage,
        }));
    }),
  );
}

/** What finds secrets and tells what a value is, over the projects that `world` holds. */
export function findHandlers(world: { projects: MemoryProject[] }): Pick<Handlers, Names> {
  return {
    search: ({ query, limit }) => {
      const matches = matcher(query);
      const hits = world.projects.flatMap((held) =>
        held.secrets
          .filter((secret) => matches(secret, held))
          .map((secret) => ({
            project: held.view.name,
            secret: secret.id,
            name: secret.name,
            ...detailsOf(secret),
            environments: Object.keys(secret.cells),
          })),
      );
      return { hits: hits.slice(0, limit), total: hits.length };
    },
    filter: ({ project, query }) => {
      const matches = matcher(query);
      const held =
        world.projects.find((each) => each.view.name === project) ??
        refuse('not_found', `There is no project ${project}.`);
      const rows = held.secrets.flatMap((secret, index) => (matches(secret, held) ? [index] : []));
      return { rows, of: held.secrets.length };
    },
    find_value: ({ value }) => {
      if (value === '') refuse('invalid_input', 'There is no value to look for.', 'Paste it.');
      const hits = world.projects.flatMap((held) => holders(held, value));
      const inUse = (hit: ValueHitView) => hit.stage === 'current';
      return { hits: [...hits.filter(inUse), ...hits.filter((hit) => !inUse(hit))] };
    },
    recognise: ({ value, kind }) => recognise(value, kind),
    kinds: () => ({ kinds: MEMORY_KINDS }),
  };
}
