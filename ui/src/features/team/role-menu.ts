import Ban from '@lucide/svelte/icons/ban';
import Eye from '@lucide/svelte/icons/eye';
import KeyRound from '@lucide/svelte/icons/key-round';
import Pencil from '@lucide/svelte/icons/pencil';
import { ROLES } from './roles';
import { ROLE_WORDS } from './words';

const ICONS: Record<string, typeof Ban> = { reader: Eye, editor: Pencil, owner: KeyRound };

/** What somebody may become in a place, as lines of a menu. */
export function roleItems(present: string | null, choose: (role: string | null) => void) {
  return [null, ...ROLES].map((role) => ({
    title: ROLE_WORDS[role ?? '']?.title ?? '',
    words: ROLE_WORDS[role ?? '']?.words,
    icon: ICONS[role ?? ''] ?? Ban,
    testid: `give-${role ?? 'none'}`,
    checked: role === present,
    run: () => choose(role),
  }));
}
