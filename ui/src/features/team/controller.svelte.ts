import type {
  AcceptInviteRequest,
  ApiError,
  ConflictView,
  ExplainView,
  GrantRequest,
  InviteRequest,
  InviteView,
  MemberView,
  ReleaseRuleView,
  RemovalView,
  SetReleaseRequest,
  SetRemoteRequest,
  SpaceView,
  SyncView,
  TakeBackRequest,
} from '$lib/bindings';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';
import { owns, SPACE } from './roles';

/** The vault's spaces, and of the one that is worked in: its members, storage and conflicts. Holds no value. */
export class TeamController {
  spaces = $state.raw<SpaceView[] | null>(null);
  members = $state.raw<MemberView[] | null>(null);
  conflicts = $state.raw<ConflictView[]>([]);
  /** When values leave, where owners said so. */
  releases = $state.raw<ReleaseRuleView[]>([]);
  failure = $state.raw<ApiError | null>(null);
  /** The fingerprint of whoever is looked at. */
  selected = $state<string | null>(null);
  /** Whose removal is looked at, by fingerprint. */
  removing = $state<string | null>(null);
  /** The project that the grid shows; `null` for the whole space. */
  project = $state<string | null | undefined>(undefined);
  /** What the last sync said. */
  said = $state.raw<SyncView | null>(null);
  /** Why the last sync did not happen. */
  syncFailure = $state.raw<ApiError | null>(null);
  syncing = $state(false);

  #platform: Platform;
  #turn = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The space that is worked in. */
  space: SpaceView | undefined = $derived(this.spaces?.find((each) => each.entered));

  /** It, where several people write in it. */
  shared: SpaceView | undefined = $derived(this.space?.shared ? this.space : undefined);

  own: MemberView | undefined = $derived(this.members?.find((each) => each.trust === 'own'));

  current: MemberView | undefined = $derived(
    this.members?.find((each) => each.fingerprint === this.selected),
  );

  leaving: MemberView | undefined = $derived(
    this.members?.find((each) => each.fingerprint === this.removing),
  );

  /** Whether this vault's identity owns some place: it may invite there, and say when values leave. */
  mayInvite: boolean = $derived(this.own?.roles.some((each) => each.role === 'owner') ?? false);

  /** Whether it may remove somebody. */
  mayRemove: boolean = $derived(owns(this.own, SPACE));

  /** What of the last sync a person has to know at once. */
  alarms = $derived(this.said?.problems.filter((each) => each.alarming) ?? []);

  /** Reads the spaces, and of a shared one who is in it; the spaces alone where the rest is not on screen. */
  async load(whole = true): Promise<void> {
    const turn = ++this.#turn;
    try {
      const { spaces } = await this.#platform.call('spaces', {});
      const entered = spaces.find((each) => each.entered);
      if (!whole && entered?.id === this.space?.id) {
        if (turn === this.#turn) this.spaces = spaces;
        return;
      }
      const [members, conflicts, releases] = entered?.shared
        ? await Promise.all([
            this.#platform.call('members', {}),
            this.#platform.call('conflicts', {}),
            this.#platform.call('releases', {}),
          ])
        : [null, null, null];
      if (turn !== this.#turn) return;
      this.spaces = spaces;
      this.members = members?.members ?? null;
      this.conflicts = conflicts?.conflicts ?? [];
      this.releases = releases?.rules ?? [];
      this.failure = null;
      if (this.selected !== null && !this.current) this.selected = null;
      if (this.removing !== null && !this.leaving) this.removing = null;
    } catch (thrown) {
      if (turn === this.#turn) this.failure = apiError(thrown);
    }
  }

  /** Works in another space from now on. Rejects with an `ApiError`, as what follows does. */
  enter(space: string): Promise<void> {
    return this.#moved(() => this.#platform.call('enter_space', { space }));
  }

  create(name: string): Promise<void> {
    return this.#moved(() => this.#platform.call('create_space', { name }));
  }

  join(request: AcceptInviteRequest): Promise<void> {
    return this.#moved(() => this.#platform.call('accept_invite', request));
  }

  /** Becomes a device of whoever a welcome is from, with a space of its own that begins anew. */
  joinIdentity(text: string): Promise<void> {
    return this.#moved(() => this.#platform.call('accept_welcome', { text }));
  }

  async #moved(work: () => Promise<{ spaces: SpaceView[] }>): Promise<void> {
    const { spaces } = await work();
    // What was asked about the space before does not count any more.
    this.#turn++;
    this.spaces = spaces;
    this.selected = null;
    this.removing = null;
    this.project = undefined;
    this.said = null;
    this.syncFailure = null;
    this.members = null;
    this.conflicts = [];
    this.releases = [];
  }

  /** Closes what stands beside or before the grid. */
  close(): void {
    if (this.removing !== null) this.removing = null;
    else this.selected = null;
  }

  async invite(request: InviteRequest): Promise<InviteView> {
    const invited = await this.#platform.call('invite', request);
    await this.load();
    return invited;
  }

  async grant(request: GrantRequest): Promise<void> {
    await this.#platform.call('grant', request);
    await this.load();
  }

  async takeBack(request: TakeBackRequest): Promise<void> {
    await this.#platform.call('take_back', request);
    await this.load();
  }

  explain(member: string, place: string): Promise<ExplainView> {
    return this.#platform.call('explain', { member, place });
  }

  async setRelease(request: SetReleaseRequest): Promise<void> {
    this.releases = (await this.#platform.call('set_release', request)).rules;
  }

  planRemoval(member: string): Promise<RemovalView> {
    return this.#platform.call('plan_removal', { member });
  }

  async remove(member: string): Promise<RemovalView> {
    const removed = await this.#platform.call('remove_member', { member });
    await this.load();
    return removed;
  }

  async revoke(device: string): Promise<void> {
    await this.#platform.call('revoke_device', { device });
    await this.load();
  }

  async verify(member: MemberView, number: string): Promise<void> {
    await this.#platform.call('verify_contact', { name: member.fingerprint, number });
    await this.load();
  }

  async setRemote(request: SetRemoteRequest): Promise<void> {
    this.spaces = (await this.#platform.call('set_remote', request)).spaces;
    this.syncFailure = null;
  }

  async forgetRemote(): Promise<void> {
    this.spaces = (await this.#platform.call('forget_remote', {})).spaces;
    this.syncFailure = null;
  }

  async settle(id: string, take: boolean): Promise<void> {
    this.conflicts = (await this.#platform.call('settle', { id, take })).conflicts;
  }

  /** Takes in and publishes. What went wrong stays as `syncFailure`; `null` where it did not happen. */
  async sync(): Promise<SyncView | null> {
    if (this.syncing) return null;
    this.syncing = true;
    try {
      this.said = await this.#platform.call('sync', {});
      this.syncFailure = null;
      return this.said;
    } catch (thrown) {
      this.syncFailure = apiError(thrown);
      return null;
    } finally {
      await this.load();
      this.syncing = false;
    }
  }
}
