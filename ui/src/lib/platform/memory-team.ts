import type {
  ConflictView,
  KnownValueView,
  MemberView,
  MembersView,
  RemovalView,
  SpaceView,
  SpacesView,
  SyncView,
} from '../bindings';
import { memoryCard } from './memory-copies';
import type { Handlers } from './memory-data';
import { refuse } from './memory-import';

type Names =
  | 'spaces'
  | 'create_space'
  | 'enter_space'
  | 'members'
  | 'invite'
  | 'read_invite'
  | 'accept_invite'
  | 'grant'
  | 'take_back'
  | 'plan_removal'
  | 'remove_member'
  | 'revoke_device'
  | 'set_remote'
  | 'forget_remote'
  | 'conflicts'
  | 'explain'
  | 'settle'
  | 'sync';

const INVITE = '-----BEGIN KEYSTEAD INVITE-----';

function member(name: string, trust: MemberView['trust'], role: string): MemberView {
  return {
    fingerprint: memoryCard(name).fingerprint,
    name,
    trust,
    roles: [{ place: 'space', role, expires: null }],
    devices: [
      {
        id: name.toLowerCase().padEnd(32, '0'),
        name: `${name}’s laptop`,
        own: trust === 'own',
      },
    ],
  };
}

/** Spaces that several people write in. */
export class MemoryTeam {
  spaces: SpaceView[] = [
    {
      id: '0'.repeat(64),
      name: 'Personal',
      shared: false,
      entered: true,
      unpublished: 0,
      remote: null,
    },
  ];
  members: MemberView[] = [member('Mara Lindt', 'own', 'owner')];
  known: KnownValueView[] = [];
  conflicts: ConflictView[] = [];

  #spaces(): SpacesView {
    return { spaces: this.spaces.map((space) => ({ ...space })) };
  }

  #entered(): SpaceView {
    const entered = this.spaces.find((space) => space.entered && space.shared);
    return (
      entered ??
      refuse(
        'invalid_input',
        'The vault’s own space is for its owner alone.',
        'Make a space for the team.',
      )
    );
  }

  #members(): MembersView {
    return { space: this.#entered().name, members: this.members.map((one) => ({ ...one })) };
  }

  #member(name: string): MemberView {
    const found = this.members.find((one) => one.name === name);
    return found ?? refuse('not_found', `There is no member ${name}.`, 'Look at who is in.');
  }

  #enter(space: SpaceView): SpacesView {
    for (const one of this.spaces) one.entered = one === space;
    return this.#spaces();
  }

  #add(name: string): SpacesView {
    const space: SpaceView = {
      id: String(this.spaces.length).repeat(64),
      name,
      shared: true,
      entered: true,
      unpublished: 1,
      remote: null,
    };
    this.spaces.push(space);
    return this.#enter(space);
  }

  #plan(name: string): RemovalView {
    return { member: this.#member(name), keys: 3, values: this.known, files: 0 };
  }

  readonly handlers: Pick<Handlers, Names> = {
    spaces: () => this.#spaces(),
    create_space: ({ name }) => this.#add(name),
    enter_space: ({ space }) => {
      const found = this.spaces.find((one) => one.name === space || one.id.startsWith(space));
      return found
        ? this.#enter(found)
        : refuse('not_found', `There is no space ${space}.`, 'Choose one that is listed.');
    },
    members: () => this.#members(),
    invite: ({ card, grants }) => {
      const name = card.split('\n')[1] ?? '';
      const role = grants[0]?.role ?? 'reader';
      this.members.push({
        ...member(name, 'pinned', role),
        roles: grants.map(({ place, role, expires }) => ({ place, role, expires })),
      });
      return {
        name,
        invites: [`${INVITE}\n${name}\n-----END KEYSTEAD INVITE-----\n`],
        with_keys: false,
      };
    },
    read_invite: ({ text }) => {
      const [begin, space = ''] = text.trim().split('\n');
      return begin === INVITE
        ? {
            space,
            from: memoryCard('Ben'),
            safety_number: Array.from({ length: 12 }, () => '01234').join(' '),
            trust: 'introduced',
            place: null,
            with_keys: false,
          }
        : refuse('invalid_input', 'This is not the text of an invite.', 'Copy all of it.');
    },
    accept_invite: ({ text }) => this.#add(text.trim().split('\n')[1] ?? 'team'),
    grant: ({ member: name, grant }) => {
      const { place, role, expires } = grant;
      this.#member(name).roles.push({ place, role, expires });
      return this.#members();
    },
    take_back: ({ member: name, place, left }) => {
      const found = this.#member(name);
      found.roles = found.roles.filter((role) => role.place !== place);
      if (left !== null) found.roles.push({ place, role: left, expires: null });
      return this.#members();
    },
    plan_removal: ({ member: name }) => this.#plan(name),
    remove_member: ({ member: name }) => {
      const plan = this.#plan(name);
      this.members = this.members.filter((one) => one.name !== name);
      return plan;
    },
    revoke_device: ({ device }) => {
      for (const one of this.members)
        one.devices = one.devices.filter((of) => of.id !== device && of.name !== device);
      return this.#members();
    },
    set_remote: ({ place, keys }) => {
      this.#entered().remote = {
        place,
        keys,
        last_ok: null,
        problem: null,
        requests: 0,
        received: 0,
        sent: 0,
      };
      return this.#spaces();
    },
    forget_remote: () => {
      this.#entered().remote = null;
      return this.#spaces();
    },
    explain: ({ member: name, place }) => ({
      member: name,
      place,
      role: this.#member(name).roles[0]?.role ?? null,
      because: 'Mara Lindt gave it for the whole space',
    }),
    conflicts: () => ({ conflicts: [...this.conflicts] }),
    settle: ({ id }) => {
      this.conflicts = this.conflicts.filter((one) => one.id !== id);
      return { conflicts: [...this.conflicts] };
    },
    sync: (): SyncView => {
      const space = this.#entered();
      const published = space.unpublished;
      space.unpublished = 0;
      return {
        space: space.name,
        taken_in: 0,
        refused: 0,
        published,
        unreadable: 0,
        problems: [],
        requests: 1,
        received: 0,
        sent: 0,
      };
    },
  };
}
