/**
 * How long to wait after a failure: what the server asked for, and on top of it a random time between nothing and a bound that
 * doubles. All of it is random (full jitter), so that clients that fell together do not come back together.
 */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly base = 1_000,
    private readonly cap = 30_000,
    private readonly random: () => number = Math.random,
  ) {}

  /** @param floor milliseconds to wait in any case */
  next(floor = 0): number {
    const bound = Math.min(this.cap, this.base * 2 ** Math.min(this.#failures++, 30));
    return Math.round(floor + this.random() * bound);
  }

  reset(): void {
    this.#failures = 0;
  }
}

// What a broken server or proxy may ask for at most.
const MAX_RETRY_AFTER = 10 * 60_000;

/** The header's value, seconds or a date, in milliseconds from now; undefined when there is none that can be read. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (!value) return undefined;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER);
}
