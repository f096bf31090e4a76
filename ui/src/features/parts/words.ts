import type { CredentialView, PartView, SecretView } from '$lib/bindings';
import { number, plural } from '$lib/format';

/** "AWS_ACCESS_KEY_ID", "DATABASE_URL · password", "GCP_ACCOUNT · /private_key". */
export function partWords({ secret, part }: PartView): string {
  return part === '' ? secret : `${secret} · ${part}`;
}

/** What tells one part of a credential from another. */
export function partKey({ secret, part }: PartView): string {
  return `${secret}#${part}`;
}

/** The credential that a secret changes together with; `null` where it may change by itself. */
export function togetherWith(
  view: Pick<SecretView, 'name' | 'credential'> | null,
): CredentialView | null {
  const shared = view?.credential?.parts.some(({ secret }) => secret !== view.name);
  return shared ? (view?.credential ?? null) : null;
}

/** "A", "A and B", "A, B and C". */
export function listed(words: string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

const KB = 1024;

/** "812 bytes", "1.8 KB", "10 MB". */
export function fileSize(bytes: number): string {
  if (bytes < KB) return plural(bytes, 'byte');
  const [size, unit] = bytes < KB * KB ? [bytes / KB, 'KB'] : [bytes / KB / KB, 'MB'];
  return `${number(size < 10 ? Math.round(size * 10) / 10 : Math.round(size))} ${unit}`;
}
