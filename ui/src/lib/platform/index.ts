import { memoryPlatform } from './memory-address';
import type { Platform } from './platform';
import { tauriPlatform } from './tauri';

export type { Platform } from './platform';

/** The platform of this build. The branch not taken is dropped from the bundle. */
export function currentPlatform(): Platform {
  return import.meta.env.VITE_PLATFORM === 'memory' ? memoryPlatform() : tauriPlatform();
}
