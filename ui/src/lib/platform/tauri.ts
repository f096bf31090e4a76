import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Notice } from '../bindings';
import type { Platform } from './platform';

interface Picked {
  path: string;
}

async function pick(dialog: string, options?: Record<string, unknown>): Promise<string | null> {
  const picked = await invoke<Picked | null>(dialog, options);
  return picked?.path ?? null;
}

/** The desktop host. The only importer of `@tauri-apps`. */
export function tauriPlatform(): Platform {
  return {
    call: (command, request) => invoke('call', { request: { command, request } }),
    pickFile: () => pick('pick_file'),
    pickFolder: () => pick('pick_folder'),
    pickSave: (suggested) => pick('pick_save', { suggested }),
    onNotice: (hear) => listen<Notice>('notice', (event) => hear(event.payload)),
  };
}
