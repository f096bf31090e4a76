import Braces from '@lucide/svelte/icons/file-braces';
import Cloud from '@lucide/svelte/icons/cloud';
import Database from '@lucide/svelte/icons/database';
import GitBranch from '@lucide/svelte/icons/git-branch';
import MessageSquare from '@lucide/svelte/icons/message-square';
import KeyRound from '@lucide/svelte/icons/key-round';
import Sparkles from '@lucide/svelte/icons/sparkles';
import TextCursorInput from '@lucide/svelte/icons/text-cursor-input';

const ICONS: Record<string, typeof Cloud> = {
  model: Sparkles,
  cloud: Cloud,
  code: GitBranch,
  database: Database,
  json: Braces,
  key: KeyRound,
  chat: MessageSquare,
};

/** The icon of a kind's family. */
export function kindIcon(family: string): typeof Cloud {
  return ICONS[family] ?? TextCursorInput;
}
