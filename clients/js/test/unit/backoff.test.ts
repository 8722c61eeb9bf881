import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, parseRetryAfter } from '../../src/backoff.js';
import { Watchdog } from '../../src/watchdog.js';
import { FakeClock } from '../support.js';

test('The bound doubles up to the cap', () => {
  const backoff = new Backoff(1_000, 8_000, () => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
});

test('All of the time above the floor is random', () => {
  const backoff = new Backoff(1_000, 8_000, () => 0);
  assert.equal(backoff.next(250), 250);
  const half = new Backoff(1_000, 8_000, () => 0.5);
  assert.equal(half.next(250), 750);
});

test('A success begins anew', () => {
  const backoff = new Backoff(1_000, 8_000, () => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 1_000);
});

test('A thousand failures do not overflow', () => {
  const backoff = new Backoff(1_000, 8_000, () => 1);
  for (let i = 0; i < 1_000; i++) backoff.next();
  assert.equal(backoff.next(), 8_000);
});

test('Retry-After is read as seconds and as a date, and never trusted without a bound', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(parseRetryAfter('5', now), 5_000);
  assert.equal(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now), 30_000);
  assert.equal(parseRetryAfter('Wed, 31 Dec 2025 23:59:00 GMT', now), 0);
  assert.equal(parseRetryAfter('999999999', now), 600_000);
  assert.equal(parseRetryAfter('soon', now), undefined);
  assert.equal(parseRetryAfter(null, now), undefined);
});

test('The watchdog barks after the limit and not before', () => {
  const clock = new FakeClock();
  let barks = 0;
  const watchdog = new Watchdog(clock, 37_500, () => barks++);
  for (let i = 0; i < 10; i++) {
    clock.advance(30_000);
    watchdog.heard();
  }

  assert.equal(barks, 0);
  clock.advance(45_000);
  assert.equal(barks, 1);
  assert.equal(clock.pending, 0);
});

test('The watchdog barks at once when the computer wakes from sleep', () => {
  const clock = new FakeClock();
  let barks = 0;
  new Watchdog(clock, 37_500, () => barks++);
  clock.sleep(3_600_000);
  assert.equal(barks, 1);
});

test('A clock that is set back is no silence', () => {
  const clock = new FakeClock();
  let barks = 0;
  const watchdog = new Watchdog(clock, 37_500, () => barks++);
  clock.sleep(-3_600_000);
  clock.advance(30_000);
  assert.equal(barks, 0);
  watchdog.stop();
  assert.equal(clock.pending, 0);
});
