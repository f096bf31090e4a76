import type { CredentialView, PartView, SecretView } from '$lib/bindings';

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

/** Names, each once. */
export function secretsOf({ parts }: CredentialView): string[] {
  return [...new Set(parts.map(({ secret }) => secret))];
}

/** "A", "A and B", "A, B and C". */
export function listed(words: string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
