import { SvelteSet } from 'svelte/reactivity';
import type {
  ApiError,
  Dialect,
  ImportedView,
  ImportPreviewView,
  ImportSource,
} from '$lib/bindings';
import { dialectOf } from '$lib/dialects';
import { apiError } from '$lib/errors';
import type { Platform } from '$lib/platform';

/** One import: what to read, what it would do, which names to take. Holds no value. */
export class ImportController {
  project = $state('');
  environment = $state('');
  dialect = $state<Dialect>('dotenv');
  path = $state<string | null>(null);
  busy = $state(false);
  failure = $state<ApiError | null>(null);
  preview = $state.raw<ImportPreviewView | null>(null);
  chosen = new SvelteSet<string>();

  #previewed = $state('');
  #platform: Platform;

  constructor(platform: Platform, project: string, environment: string) {
    this.#platform = platform;
    this.project = project;
    this.environment = environment;
  }

  async chooseFile(): Promise<void> {
    try {
      const path = await this.#platform.pickFile();
      if (path === null) return;
      this.path = path;
      this.dialect = dialectOf(path) ?? this.dialect;
      this.failure = null;
    } catch (thrown) {
      this.failure = apiError(thrown);
    }
  }

  /** Reads the file, or the text; the text is not kept. */
  async read(text: string): Promise<boolean> {
    const source: ImportSource = this.path !== null ? { path: this.path } : { text };
    this.busy = true;
    this.failure = null;
    try {
      const preview = await this.#platform.call('preview_import', {
        source,
        project: this.project.trim(),
        environment: this.environment.trim(),
        dialect: this.dialect,
      });
      this.show(preview);
      return true;
    } catch (thrown) {
      this.failure = apiError(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Shows what an import into the project and environment of now would do. */
  show(preview: ImportPreviewView): void {
    this.preview = preview;
    this.#previewed = this.#target;
    this.chosen.clear();
    for (const entry of preview.entries)
      if (entry.state !== 'unchanged') this.chosen.add(entry.name);
  }

  /** Whether the preview shown is of another project or environment than is asked for now. */
  get stale(): boolean {
    return this.preview !== null && this.#previewed !== this.#target;
  }

  get #target(): string {
    return [this.project.trim(), this.environment.trim()].join('\n');
  }

  back(): void {
    this.preview = null;
    this.failure = null;
  }

  choose(name: string, chosen: boolean): void {
    if (chosen) this.chosen.add(name);
    else this.chosen.delete(name);
  }

  chooseAll(chosen: boolean): void {
    for (const entry of this.preview?.entries ?? []) this.choose(entry.name, chosen);
  }

  /** Saves what was chosen; `null` if it did not happen. */
  async save(): Promise<ImportedView | null> {
    if (this.preview === null) return null;
    const all = this.chosen.size === this.preview.entries.length;
    this.busy = true;
    this.failure = null;
    try {
      return await this.#platform.call('import', {
        preview: this.preview.preview,
        names: all ? null : [...this.chosen],
        create_missing: true,
      });
    } catch (thrown) {
      this.failure = apiError(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
