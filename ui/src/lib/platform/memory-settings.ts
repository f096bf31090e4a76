import type { Choices, SettingsView } from '../bindings';
import { refuse } from './memory-import';

const BALANCED: Choices = {
  idle_seconds: 600,
  lock_on_sleep: true,
  lock_on_screen_lock: true,
  clipboard_seconds: 30,
  backups: null,
};

/** What was chosen about a vault in memory. */
export class MemorySettings {
  chosen: Choices = { ...BALANCED };

  view(): SettingsView {
    const backups = this.chosen.backups;
    return {
      chosen: this.chosen,
      presets: [
        {
          name: 'Relaxed',
          words: 'A machine that only you reach, in a room that locks.',
          choices: {
            idle_seconds: 3600,
            lock_on_sleep: true,
            lock_on_screen_lock: false,
            clipboard_seconds: 90,
            backups,
          },
        },
        {
          name: 'Balanced',
          words: 'A laptop that goes where you go.',
          choices: { ...BALANCED, backups },
        },
        {
          name: 'Strict',
          words: 'Shared rooms, production keys, people behind you.',
          choices: { ...BALANCED, idle_seconds: 120, clipboard_seconds: 10, backups },
        },
      ],
      idle_override_seconds: null,
      hears_system: true,
      last_backup_at: backups ? Date.now() - 5 * 3_600_000 : null,
    };
  }

  change(choices: Choices): SettingsView {
    if (choices.idle_seconds < 30 || choices.idle_seconds > 43_200)
      refuse(
        'invalid_input',
        'A vault locks after 30 seconds to 12 hours without anybody there.',
        'Choose within that.',
      );
    this.chosen = choices;
    return this.view();
  }
}
