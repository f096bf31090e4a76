import type { EventView } from '$lib/bindings';

/** What an event was about: "OPENAI_API_KEY · dev", a path, or the vault itself. */
export function subject(event: EventView): string {
  const where = [event.secret ?? event.project, event.environment].filter(Boolean).join(' · ');
  if (event.secret === null && event.detail) return event.detail;
  return where || event.detail || 'the vault';
}

/** "v3 → v4", "v4", or nothing. */
export function versions(event: EventView): string {
  if (event.version === null) return '';
  return event.previous === null ? `v${event.version}` : `v${event.previous} → v${event.version}`;
}
