import type {
  ConflictView,
  DeviceView,
  MemberView,
  ReleaseRuleView,
  RemoteView,
  RoleView,
} from '../bindings';
import { memoryCard } from './memory-copies';
import { bigProject, sampleProjects, type MemoryProject } from './memory-data';

/** What a team in memory begins as. */
export type TeamSample = 'sample' | 'trouble' | 'alone';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A member of that name, with these roles and devices. */
export function memoryMember(
  name: string,
  trust: MemberView['trust'],
  roles: RoleView[],
  devices: DeviceView[] = [memoryDevice(`${name}’s laptop`, null, trust === 'own')],
): MemberView {
  return { fingerprint: memoryCard(name).fingerprint, name, trust, roles, devices };
}

export function memoryDevice(name: string, last_heard: number | null, own = false): DeviceView {
  const digits = [...name].map((letter) => (letter.codePointAt(0) ?? 0).toString(16)).join('');
  return { id: digits.padEnd(32, '0').slice(0, 32), name, own, last_heard };
}

export function memoryRole(
  place: string,
  role: string | null,
  expires: number | null = null,
): RoleView {
  return { place, role, expires };
}

/** Six people, as a small company has them. */
export function sampleMembers(now: number): MemberView[] {
  return [
    memoryMember(
      'Mara Lindt',
      'own',
      [memoryRole('space', 'owner')],
      [
        memoryDevice('thinkpad-7', now - 12_000, true),
        memoryDevice('studio-mac', now - 2 * HOUR - 9 * MINUTE),
      ],
    ),
    memoryMember(
      'Jon Abel',
      'verified',
      [
        memoryRole('churn-model', 'editor'),
        memoryRole('churn-model/prod', null),
        memoryRole('rag-api', 'editor'),
        memoryRole('embeddings-farm', 'editor'),
        memoryRole('embeddings-farm/eu-prod', 'reader'),
      ],
      [memoryDevice('jon-fw13', now - 12 * MINUTE)],
    ),
    memoryMember(
      'Ines Roy',
      'verified',
      [memoryRole('space', 'owner')],
      [memoryDevice('ines-x1', now - 47 * MINUTE)],
    ),
    memoryMember(
      'Tom Vale',
      'pinned',
      [
        memoryRole('churn-model/dev', 'reader'),
        memoryRole('churn-model/staging', 'reader', now + 6 * DAY),
        memoryRole('embeddings-farm/dev', 'editor', now + 40 * DAY),
      ],
      [memoryDevice('tom-zenbook', now - 20 * HOUR)],
    ),
    memoryMember(
      'CI runner',
      'introduced',
      [
        memoryRole('churn-model/dev', 'reader'),
        memoryRole('churn-model/staging', 'reader'),
        memoryRole('rag-api', 'reader'),
        memoryRole('embeddings-farm', 'reader'),
      ],
      [memoryDevice('ci-eu-central', now - 3 * MINUTE)],
    ),
    memoryMember(
      'Ana Cruz',
      'changed',
      [memoryRole('churn-model/dev', 'editor'), memoryRole('rag-api/prod', 'reader')],
      [memoryDevice('ana-mbp', now - 3 * DAY)],
    ),
  ];
}

/** What the space holds. */
export function sampleTeamProjects(now: number): MemoryProject[] {
  const [churn, infra, , rag] = sampleProjects(now);
  return [churn, bigProject(now, 24), infra, rag].filter((one) => one !== undefined);
}

export function sampleConflicts(now: number): ConflictView[] {
  return [
    {
      id: 'c1',
      about: 'JWT_SIGNING_KEY · churn-model/prod',
      stands: { what: 'v5, rotated', by: 'Ines Roy', at: now - 2 * HOUR },
      waits: { what: 'v5, set by hand', by: 'Jon Abel', at: now - 2 * HOUR - 4 * MINUTE },
    },
    {
      id: 'c2',
      about: 'Name of the environment staging · rag-api',
      stands: { what: 'staging', by: 'Mara Lindt', at: now - 26 * HOUR },
      waits: { what: 'pre-prod', by: 'Ines Roy', at: now - 27 * HOUR },
    },
  ];
}

/** What is for the working day, on two machines. */
export function sampleReleases(): ReleaseRuleView[] {
  return [
    {
      place: 'churn-model/prod',
      hours: [8, 18],
      tags: ['production'],
      devices: ['thinkpad-7', 'ines-x1'],
      device_ids: ['thinkpad-7', 'ines-x1'].map((name) => memoryDevice(name, null).id),
      by: 'Ines Roy',
    },
  ];
}

/** The bucket, reached a moment ago or not since this morning. */
export function sampleRemote(now: number, trouble: boolean): RemoteView {
  return {
    place: 's3://acme-ml-keystead/team?region=eu-central-1',
    keys: 'infra-shared/storage',
    last_ok: trouble ? now - 3 * HOUR : now - 12_000,
    problem: trouble ? 'The bucket does not answer: no route to acme-ml-keystead.' : null,
    requests: 1_204,
    received: 3_251_000,
    sent: 419_000,
  };
}
