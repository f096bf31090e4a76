import type {
  AttachmentView,
  Commands,
  CredentialView,
  EnvironmentView,
  StatusView,
  EventView,
  HistoryRowView,
  KdfView,
  KindView,
  LinkView,
  ProjectView,
  StrengthView,
  VersionView,
} from '../bindings';

/** One value of one secret in one environment, with what is known of it. */
export interface MemoryCell {
  values: string[];
  versions: VersionView[];
}

export interface MemorySecret {
  id: string;
  name: string;
  kind: KindView;
  createdAt: number;
  tags: string[];
  owner: string;
  notes: string;
  expires_at: number | null;
  lead_days: number;
  cells: Record<string, MemoryCell>;
  /** What it said of itself, newest first. */
  said?: HistoryRowView[];
}

export interface MemoryProject {
  view: ProjectView;
  secrets: MemorySecret[];
  credentials: CredentialView[];
  /** By the secret's id and the environment's name. */
  files?: Record<string, AttachmentView[]>;
}

const DAY = 86_400_000;

/** What a guess costs on the machine that there is not. */
export const KDF: KdfView = {
  memory_kib: 262_144,
  passes: 3,
  lanes: 1,
  milliseconds: 612,
  words: 'Each guess costs 0.6 s and 256 MiB on this machine',
};

let counter = 1;
export function nextId(): string {
  return (counter++).toString(16).padStart(32, '0');
}

const KINDS: [RegExp, KindView][] = [
  [/OPENAI/, { kind: 'openai_api_key', words: 'OpenAI API key', family: 'model' }],
  [/ANTHROPIC/, { kind: 'anthropic_api_key', words: 'Anthropic API key', family: 'model' }],
  [/HF_|HUGGING/, { kind: 'hugging_face_token', words: 'Hugging Face token', family: 'model' }],
  [/AWS_ACCESS/, { kind: 'aws_access_key_id', words: 'AWS access key id', family: 'cloud' }],
  [/AWS_SECRET/, { kind: 'aws_secret_key', words: 'AWS secret access key', family: 'cloud' }],
  [/GITHUB/, { kind: 'github_token', words: 'GitHub token', family: 'code' }],
  [/(DATABASE|REDIS)_URL/, { kind: 'database_url', words: 'Database URL', family: 'database' }],
  [/GCP|SERVICE_ACCOUNT/, { kind: 'json_credential', words: 'JSON credential', family: 'json' }],
  [/TOTP/, { kind: 'totp', words: 'One-time code (TOTP)', family: 'key' }],
  [/PRIVATE|SIGNING/, { kind: 'private_key', words: 'Private key', family: 'key' }],
];

export function kindOf(name: string): KindView {
  return (
    KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? {
      kind: 'plain',
      words: 'Plain value',
      family: 'plain',
    }
  );
}

export function version(number: number, at: number, origin: string): VersionView {
  return { number, stage: 'current', created_at: at, author: 'thinkpad-7', origin, gone: false };
}

/** Builds a cell whose newest version is `count`, made `days` ago. */
function cell(now: number, name: string, count: number, days: number, salt = ''): MemoryCell {
  const values: string[] = [];
  const versions: VersionView[] = [];
  for (let number = 1; number <= count; number++) {
    const at = now - (days + (count - number) * 31) * DAY;
    values.push(sampleValue(name, number, salt));
    versions.push({
      ...version(number, at, number === 1 ? 'imported' : 'rotated'),
      stage: number === count ? 'current' : number === count - 1 ? 'previous' : null,
    });
  }
  return { values, versions };
}

function sampleValue(name: string, number: number, salt: string): string {
  if (/SIGNING/.test(name)) {
    const body = Array.from({ length: 14 }, (_, line) => `sample${number}${line}`.padEnd(64, 'x'));
    return ['-----BEGIN SAMPLE KEY-----', ...body, '-----END SAMPLE KEY-----'].join('\n');
  }
  return `sample-${name.toLowerCase().replaceAll('_', '-')}${salt}-${number}`;
}

type Row = [name: string, dev: string, staging: string, prod: string];

// "v4 12" is version 4, 12 days old; "=" is the same as dev; "-" is missing.
const CHURN: Row[] = [
  ['OPENAI_API_KEY', 'v4 12', '=', 'v2 88'],
  ['ANTHROPIC_API_KEY', 'v2 27', 'v2 27', 'v1 57'],
  ['HF_TOKEN', 'v1 40', '-', '-'],
  ['WANDB_API_KEY', 'v3 6', '=', '='],
  ['AWS_ACCESS_KEY_ID', 'v6 11', 'v6 11', 'v9 114'],
  ['AWS_SECRET_ACCESS_KEY', 'v6 11', 'v6 11', 'v9 114'],
  ['DATABASE_URL', 'v2 15', 'v2 15', 'v7 6'],
  ['REDIS_URL', 'v1 15', 'v1 15', 'v3 6'],
  ['GCP_SERVICE_ACCOUNT', 'v1 66', '-', 'v1 66'],
  ['PINECONE_API_KEY', 'v2 84', '=', 'v1 131'],
  ['JWT_SIGNING_KEY', 'v5 2', 'v5 2', 'v5 0'],
  ['SLACK_WEBHOOK', 'v1 31', '-', 'v1 31'],
  ['GITHUB_TOKEN', 'v3 52', '=', '-'],
  ['LANGFUSE_SECRET', 'v1 19', '=', 'v1 19'],
  ['SENTRY_DSN', 'v1 140', '=', '='],
  ['STRIPE_KEY', 'v2 60', 'v2 60', 'v4 66'],
];

const ENVIRONMENTS = ['dev', 'staging', 'prod'];

function secret(now: number, row: Row): MemorySecret {
  const [name, ...specs] = row;
  const cells: Record<string, MemoryCell> = {};
  specs.forEach((spec, index) => {
    const environment = ENVIRONMENTS[index] ?? 'dev';
    if (spec === '-') return;
    const dev = cells.dev;
    if (spec === '=' && dev) {
      const value = dev.values.at(-1) ?? '';
      cells[environment] = {
        values: [value],
        versions: [version(1, dev.versions.at(-1)?.created_at ?? now, 'set')],
      };
      return;
    }
    const [, count = '1', days = '0'] = /v(\d+) (\d+)/.exec(spec) ?? [];
    cells[environment] = cell(now, name, Number(count), Number(days), `-${environment}`);
  });
  return { ...blank(name, now - 220 * DAY), ...SAID[name]?.(now), cells };
}

/** A secret of which nobody said anything yet. */
export function blank(name: string, createdAt: number): MemorySecret {
  return {
    id: nextId(),
    name,
    kind: kindOf(name),
    createdAt,
    tags: [],
    owner: '',
    notes: '',
    expires_at: null,
    lead_days: 0,
    cells: {},
  };
}

const SAID: Record<string, (now: number) => Partial<MemorySecret>> = {
  OPENAI_API_KEY: () => ({
    tags: ['production'],
    owner: 'Mara',
    notes: 'For the evaluation jobs.',
  }),
  GITHUB_TOKEN: (now) => ({ tags: ['ci'], expires_at: now + 5 * DAY, lead_days: 14 }),
  STRIPE_KEY: (now) => ({ tags: ['customer', 'production'], expires_at: now - 3 * DAY }),
  DATABASE_URL: (now) => ({ owner: 'Jon', expires_at: now + 90 * DAY, lead_days: 7 }),
};

export function environment(name: string): EnvironmentView {
  return { id: nextId(), name, protected: false, inherits: null };
}

export function project(name: string, environments: string[]): MemoryProject {
  return {
    view: {
      id: nextId(),
      name,
      environments: environments.map(environment),
      secrets: 0,
    },
    secrets: [],
    credentials: [],
  };
}

export function sampleProjects(now: number): MemoryProject[] {
  const churn = project('churn-model', ENVIRONMENTS);
  churn.secrets = CHURN.map((row) => secret(now, row)).sort((a, b) => a.name.localeCompare(b.name));
  const rag = project('rag-api', ['dev', 'staging', 'prod']);
  rag.secrets = [
    secret(now, ['OPENAI_API_KEY', 'v3 9', '=', 'v4 9']),
    secret(now, ['QDRANT_KEY', 'v1 70', '-', 'v2 20']),
    secret(now, ['SERPAPI_KEY', 'v1 12', '=', '=']),
  ];
  return [churn, infraShared(now), project('notebooks', ['dev']), rag];
}

/** A project whose secrets have to do with each other. */
function infraShared(now: number): MemoryProject {
  const infra = project('infra-shared', ['dev', 'prod']);
  infra.secrets = [
    secret(now, ['AWS_ACCESS_KEY_ID', 'v2 40', '-', 'v3 12']),
    secret(now, ['AWS_SECRET_ACCESS_KEY', 'v2 40', '-', 'v3 12']),
    secret(now, ['DATABASE_URL', 'v3 21', '-', 'v2 9']),
    secret(now, ['DEPLOY_PRIVATE_KEY', 'v1 80', '-', '-']),
    secret(now, ['GITHUB_TOKEN', 'v2 33', '-', '-']),
    secret(now, ['REGISTRY_TOTP', 'v1 12', '-', '-']),
    secret(now, ['REPORTING_URL', 'v1 21', '-', '-']),
  ];
  for (const { name, cells } of infra.secrets)
    for (const [environment, { values }] of Object.entries(cells))
      values.forEach((_, index) => {
        if (name === 'DATABASE_URL')
          values[index] = `postgres://app:sample-${index}@db.${environment}.internal/app`;
        else if (name === 'REPORTING_URL') values[index] = '${infra-shared/dev/DATABASE_URL}';
      });
  const whole = (secret: string) => ({ secret, part: '' });
  infra.credentials = [
    { name: 'aws', parts: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(whole) },
    {
      name: 'database login',
      parts: ['user', 'password'].map((part) => ({ secret: 'DATABASE_URL', part })),
    },
  ];
  return infra;
}

/** A project of `count` secrets, to see that large ones stay quick. */
export function bigProject(now: number, count: number): MemoryProject {
  const big = project('embeddings-farm', [...ENVIRONMENTS, 'canary', 'eu-prod']);
  big.secrets = Array.from({ length: count }, (_, index) =>
    secret(now, [`SERVICE_${String(index).padStart(6, '0')}_TOKEN`, `v2 ${index % 90}`, '=', '-']),
  );
  return big;
}

export function sampleLinks(now: number): LinkView[] {
  const base = {
    project: 'churn-model',
    environment: 'dev',
    file: '.env',
    dialect: 'dotenv' as const,
    problem: null,
    drift: null,
  };
  return [
    {
      ...base,
      id: nextId(),
      folder: '/home/mara/code/churn-model',
      state: 'drifted',
      written_at: now - 12 * DAY,
      secrets: 16,
      git: { state: 'ignored', gitignore: null },
      drift: {
        rows: [
          { name: 'DATABASE_URL', change: 'changed' },
          { name: 'WANDB_API_KEY', change: 'changed' },
          { name: 'SLACK_WEBHOOK', change: 'removed' },
        ],
        other_lines: true,
        unreadable: null,
      },
    },
    {
      ...base,
      id: nextId(),
      environment: 'staging',
      folder: '/home/mara/code/churn-model/deploy',
      file: '.env.staging',
      dialect: 'dotenv-node',
      state: 'stale',
      written_at: now - 4 * DAY,
      secrets: 13,
      git: { state: 'not_ignored', gitignore: '/home/mara/code/churn-model/.gitignore' },
      problem: {
        code: 'dialect_cannot_carry',
        message: 'JWT_SIGNING_KEY can not be written for npm dotenv: it has both kinds of quotes.',
        hint: 'Link this folder as dotenv or shell, which can carry it.',
      },
    },
    {
      ...base,
      id: nextId(),
      project: 'rag-api',
      folder: '/home/mara/code/rag-api',
      state: 'current',
      written_at: now - 2 * 3_600_000,
      secrets: 3,
      git: { state: 'not_ignored', gitignore: '/home/mara/code/rag-api/.gitignore' },
    },
    {
      ...base,
      id: nextId(),
      project: 'rag-api',
      environment: 'prod',
      folder: '/mnt/usb/rag-release-candidate/services/gateway/config',
      dialect: 'shell',
      state: 'missing',
      written_at: now - 40 * DAY,
      secrets: 2,
      git: { state: 'no_repository', gitignore: null },
    },
  ];
}

type Doing = [action: string, words: string, on: 'secret' | 'link' | 'vault', outcome?: string];

const DOINGS: Doing[] = [
  ['value_revealed', 'revealed', 'secret'],
  ['value_copied', 'copied', 'secret'],
  ['value_rotated', 'rotated', 'secret'],
  ['link_written', 'rewrote link', 'link'],
  ['unlocked', 'unlocked', 'vault'],
  ['unlock_failed', 'unlock failed', 'vault', 'failed'],
  ['value_exported', 'exported', 'secret'],
  ['link_drifted', 'saw a link drift', 'link'],
  ['value_read', 'read', 'secret'],
  ['locked', 'locked', 'vault'],
];

function doing(index: number): Doing {
  return DOINGS[index % DOINGS.length] ?? ['locked', 'locked', 'vault'];
}

export function sampleEvents(now: number, count: number): EventView[] {
  return Array.from({ length: count }, (_, index) => {
    const position = count - index;
    const [action, words, on, outcome = 'ok'] = doing(index * 7);
    const name = CHURN[(index * 5) % CHURN.length]?.[0] ?? 'HF_TOKEN';
    const cli = index % 3 === 2;
    return {
      position,
      log: on === 'vault' ? 'vault' : 'Personal',
      sequence: position - 1,
      at: now - index * 2_700_000 - (index % 4) * 61_000,
      actor: 'Mara',
      device: 'thinkpad-7',
      action,
      words,
      outcome,
      project: on === 'vault' ? null : 'churn-model',
      environment: on === 'vault' ? null : 'dev',
      secret: on === 'secret' ? name : null,
      version: on === 'secret' ? 2 + (index % 3) : null,
      previous: action === 'value_rotated' ? 1 + (index % 3) : null,
      detail: on === 'link' ? '/home/mara/code/churn-model/.env' : '',
      purpose: cli ? 'nightly training run' : '',
      process: {
        pid: 4100 + index,
        program: cli ? '/usr/bin/keystead' : '/usr/bin/keystead-desktop',
        parent: cli ? '/usr/bin/bash' : '',
        parent_pid: cli ? 1210 : 1,
        directory: cli ? '/home/mara/code/churn-model' : '/home/mara',
        user: 'mara',
      },
      hash: Array.from({ length: 8 }, (_, part) =>
        ((position * 2_654_435_761 + part * 40_503) >>> 0).toString(16).padStart(8, '0'),
      ).join(''),
    };
  });
}

/** Judged by length alone. */
export function strengthOf(passphrase: string): StrengthView {
  const score = Math.min(4, Math.floor(passphrase.length / 5));
  return {
    score,
    acceptable: score >= 3,
    words:
      [
        'Very weak: guessed at once',
        'Weak: guessed in minutes',
        'Fair: about 3 days to guess from a stolen disk',
        'Strong: about 300 years to guess from a stolen disk',
        'Very strong: out of reach of a stolen disk',
      ][score] ?? '',
    advice: score >= 3 ? '' : 'Add another word or two; uncommon words are better than symbols.',
  };
}

/** How an older copy of the vault differs. */
export const ROLLBACK: StatusView['rollback'] = {
  changes: 3,
  events: 17,
  older_header: false,
  diverged: false,
  words: 'lacks 3 changes and 17 events',
};

/** An import that was looked at. */
export interface Preview {
  id: string;
  project: string;
  environment: string;
  entries: [string, string][];
}

/** What answers each command. */
export type Handlers = {
  [K in keyof Commands]: (request: Commands[K]['request']) => Commands[K]['view'];
};
