import { el, replaceIfChanged } from './dom.js';
import * as format from './format.js';

const minute = 60;

// What an operator would look for in the numbers, said in words. Each stands in docs/dashboard.md, with what to do.
export function findSigns(now, rows, column) {
  const last = rows.slice(-minute);
  const sum = name => last.reduce((total, row) => total + (row[column(name)] ?? 0), 0);
  const latest = name => rows.at(-1)?.[column(name)];
  const signs = [];
  const add = (level, text) => signs.push({ level, text });

  if (now.health === 'draining') add('warn', 'Shutting down: clients are told to come back');
  for (const part of now.parts) {
    if (!part.ready && part.name !== 'draining') add('bad', `${part.name === 'store' ? 'store away' : `${part.name} not ready`}: ${part.detail ?? 'no reason known'}`);
  }
  if (sum('append_retries') > 0) add('bad', 'Batches were sent again: the store does not answer in time');
  if (sum('unavailable') > 0) add('bad', 'Publishers were answered 503');
  if (sum('work_dead') > 0) add('bad', 'Tasks became dead letters');
  if (sum('rejected') > 0) add('warn', `${format.number(Math.round(sum('rejected')))} events were refused in the last minute`);
  if (sum('work_reclaimed') > 0) add('warn', 'Leases ran out: a worker died or stood still');
  if (sum('streams_refused') > 0) add('warn', 'Streams were refused: a limit was met');
  if (latest('kafka_paused') > 0) add('warn', `${latest('kafka_paused')} Kafka partitions wait for room in a lane`);
  if (latest('pool_waiting') > 0) add('warn', 'Something waits for a database connection');
  return signs.length ? signs : [{ level: 'good', text: rows.length ? 'Nothing needs attention.' : 'The first second is being measured.' }];
}

export function showSigns(host, signs) {
  replaceIfChanged(host, JSON.stringify(signs), () => signs.map(sign => el('li', { 'data-level': sign.level }, sign.text)));
}
