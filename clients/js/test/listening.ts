import { afterEach, beforeEach } from 'node:test';
import type { Client, ConnectOptions, Environment } from '../src/client.js';
import type { BelfryError } from '../src/errors.js';
import { FakeServer, tokenOf } from './fake-server.js';
import { clientOf, eventually } from './support.js';

export let server: FakeServer;
let open: Client[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
});

afterEach(async () => {
  for (const client of open) client.close();
  open = [];
  await server.stop();
});

/** A client that notes down everything it is told. */
export function listen(options: ConnectOptions = {}, environment: Partial<Environment> = {}) {
  const client = clientOf({ url: server.url, token: tokenOf('user-1'), since: 'earliest', heartbeat: 15_000, ...options }, environment);
  open.push(client);
  const seqs: number[] = [];
  const errors: BelfryError[] = [];
  const statuses: string[] = [];
  const resets: string[] = [];
  client.on('notification', (n) => seqs.push(n.seq));
  client.on('error', (e) => errors.push(e));
  client.on('status', (s) => statuses.push(s));
  client.on('reset', (r) => resets.push(r.reason));
  return { client, seqs, errors, statuses, resets, live: () => eventually(() => client.status === 'live', 'live') };
}

export const streamRequests = () => server.requests.filter((r) => r.path.startsWith('/v1/stream'));
export const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
