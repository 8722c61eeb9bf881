import type { Clock } from './clock.js';

/**
 * Notices silence by the wall clock. It looks often instead of setting one long timer, because timers stand still while a
 * computer sleeps and the clock does not: after waking up, the first look finds that too much time has passed.
 */
export class Watchdog {
  #last: number;
  #timer: unknown;

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
    private readonly onSilence: () => void,
  ) {
    this.#last = clock.now();
    this.#look();
  }

  heard(): void {
    this.#last = this.clock.now();
  }

  /** Milliseconds since something was heard. */
  get silence(): number {
    return this.clock.now() - this.#last;
  }

  stop(): void {
    this.clock.clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = this.clock.setTimeout(() => {
      // A clock that was set back is no silence.
      if (this.silence < 0) this.heard();
      if (this.silence > this.limit) this.onSilence();
      else this.#look();
    }, Math.min(this.limit / 6, 5_000));
  }
}
