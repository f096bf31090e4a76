import type { ApiError, Commands, SlotKind } from '../bindings';
import type { TeamSample } from './memory-team-sample';

/** How a vault in memory begins. */
export interface MemoryOptions {
  /** What the host says where the system refused to lock memory. */
  memoryWarning?: string;
  hostWarning?: string;
  /** How the vault stands at the start. */
  start?: 'new' | 'locked' | 'unlocked';
  /** What opens it beside the passphrase. */
  ways?: SlotKind[];
  /** What the vault holds. */
  holds?: 'sample' | 'nothing' | 'big' | 'empty-project';
  /** Commands that fail, each with its error. */
  failing?: Partial<Record<keyof Commands, ApiError>>;
  /** The vault is an older copy. */
  rollback?: boolean;
  /** A space for several people that is worked in: all well, with trouble, or with its founder alone. */
  team?: TeamSample;
  /** This device does not hold the identity's keys. */
  secondary?: boolean;
  /** Milliseconds that every command takes. */
  delay?: number;
}
