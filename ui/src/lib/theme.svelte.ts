export type ThemeChoice = 'light' | 'dark' | 'system';

const KEY = 'keystead.theme';

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Light, dark, or what the system says. */
export class Theme {
  choice = $state<ThemeChoice>(stored());
  #system = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.#system.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    try {
      if (choice === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // A window without storage forgets the choice; nothing else depends on it.
    }
    this.#apply();
  }

  next(): void {
    const order: ThemeChoice[] = ['system', 'light', 'dark'];
    this.choose(order[(order.indexOf(this.choice) + 1) % order.length] ?? 'system');
  }

  #apply(): void {
    const dark = this.choice === 'dark' || (this.choice === 'system' && this.#system.matches);
    document.documentElement.classList.toggle('dark', dark);
  }
}
