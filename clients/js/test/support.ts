import type { Clock } from '../src/clock.js';
import { systemClock } from '../src/clock.js';
import { Client, type ConnectOptions, type Environment } from '../src/client.js';

/** Holds as soon as `probe` answers something true, or fails after 10 s. */
export async function eventually<T>(probe: () => T | Promise<T>, what = String(probe)): Promise<NonNullable<T>> {
  const end = Date.now() + 10_000;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A clock that moves when it is told to. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as never);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on, and runs what falls due, in its order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }

    this.#now = end;
  }

  /** The computer sleeps: the wall clock moves on, and what is due runs only after it. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }
}

/** A client as a page would have it, but without tabs, and with what the test replaces. */
export function clientOf(options: ConnectOptions, environment: Partial<Environment> = {}): Client {
  return new Client(options, {
    fetch: globalThis.fetch, clock: systemClock, random: () => 0, watchPage: () => () => {}, ...environment,
  });
}

/** Small and repeatable: a failure names the seed that shows it again. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  };
}
