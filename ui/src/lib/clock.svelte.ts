/** The wall clock as state, for ages and countdowns on screen. */
export class Clock {
  now = $state(Date.now());
  /** The start of this minute: what ages on screen follow. */
  minute = $derived(Math.floor(this.now / 60_000) * 60_000);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Reads the clock now, so that a countdown that just began is not a second off. */
  tick(): void {
    this.now = Date.now();
  }

  start(): () => void {
    this.#timer ??= setInterval(() => this.tick(), 1_000);
    this.tick();
    return () => {
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
