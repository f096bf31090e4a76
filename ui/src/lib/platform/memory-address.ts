import type { SlotKind } from '../bindings';
import { MemoryPlatform, type MemoryOptions } from './memory';

/** The memory platform that the page's address asks for: `?start=locked&holds=nothing`, `?team=trouble`. */
export function memoryPlatform(): MemoryPlatform {
  const asked = new URLSearchParams(location.search);
  return new MemoryPlatform({
    start: (asked.get('start') ?? 'unlocked') as MemoryOptions['start'],
    holds: (asked.get('holds') ?? 'sample') as MemoryOptions['holds'],
    ways: (asked.get('ways')?.split(',') ?? []) as SlotKind[],
    team: asked.has('team')
      ? ((asked.get('team') || 'sample') as MemoryOptions['team'])
      : undefined,
    secondary: asked.has('secondary'),
    rollback: asked.has('rollback'),
    delay: Number(asked.get('delay') ?? 0),
  });
}
