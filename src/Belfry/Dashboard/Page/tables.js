import { byId, el, mono, replaceIfChanged, say, table, why } from './dom.js';
import * as format from './format.js';

const stateColours = { serving: 'c1', draining: 'c2', gone: 'c4' };
const statusColours = { delivered: 'c1', pending: 'c2', seen: 'c3', read: 'c3', archived: 'c4', expired: 'c4' };

function panel(id) {
  const node = byId(id);
  return { body: node.querySelector(':scope > div'), note: node.querySelector('small') };
}

// What every answer of the store says about its age.
function age(answer, now) {
  if (answer.problem) return answer.at ? `${answer.problem}; as of ${format.ago(answer.at, now)}` : answer.problem;
  return answer.at ? format.ago(answer.at, now) : 'asking';
}

function waiting(answer) {
  return why(answer.problem ? `No answer yet: ${answer.problem}.` : 'The store is being asked.');
}

export function showStatus(answer, now) {
  const { body, note } = panel('status');
  const value = answer.value;
  const how = value?.sampled_rows ? `, estimated from ${format.number(value.sampled_rows)} rows` : '';
  say(note, age(answer, now) + (answer.problem ? '' : how));
  replaceIfChanged(body, JSON.stringify([value, answer.problem]), () => {
    if (!value) return waiting(answer);
    const total = value.counts.reduce((sum, count) => sum + count.count, 0);
    if (total === 0) return why('No notification is stored yet.');
    const bar = el('div', { class: 'shares', 'aria-hidden': 'true' });
    for (const { status, count } of value.counts) {
      const part = el('i', { class: statusColours[status] ?? 'c4' });
      part.style.width = `${100 * count / total}%`;
      bar.append(part);
    }
    return [bar, table([
      ['status', row => el('span', null, el('i', { class: `dot ${statusColours[row.status] ?? 'c4'}` }), row.status)],
      ['notifications', row => (value.sampled_rows ? '~ ' : '') + format.number(row.count), 'num'],
      ['share', row => format.percent(row.count / total), 'num'],
    ], value.counts, 'Notifications by status')];
  });
}

export function showKafka(server, now) {
  const { body, note } = panel('kafka');
  const lags = now.lags;
  const topics = new Set(lags.map(lag => lag.topic));
  say(note, !lags.length ? '' : topics.size === 1 ? lags[0].topic : `${lags.length} partitions here`);
  replaceIfChanged(body, JSON.stringify([lags, server.kafka]), () => {
    if (!server.kafka) return why('No Kafka is configured (ConnectionStrings__Kafka), so nothing is consumed here.');
    if (!lags.length) return why('No partition of this instance has a known end yet: Kafka is away, or other instances have them all.');
    const most = Math.max(1, ...lags.map(lag => lag.lag));
    return table([
      ...(topics.size === 1 ? [] : [['topic', row => mono(row.topic)]]),
      ['partition', row => String(row.partition), topics.size === 1 ? 'name' : 'num'],
      ['lag, records', row => format.number(row.lag), 'num'],
      ['', row => {
        const fill = el('i');
        fill.style.width = `${100 * row.lag / most}%`;
        return el('div', { class: 'meter', 'aria-hidden': 'true' }, fill);
      }],
    ], [...lags].sort((a, b) => b.lag - a.lag || a.partition - b.partition), 'Kafka lag by partition');
  });
}

export function showDatabase(server, answer, now) {
  const { body, note } = panel('database');
  say(note, age(answer, now));
  replaceIfChanged(body, JSON.stringify([answer.value, answer.problem && !answer.value]), () => {
    const size = answer.value;
    if (!size) return waiting(answer);
    if (server.store === 'SQLite') {
      return [heads([['file and log', format.bytes(size.bytes)]]), why('SQLite: one file and its write-ahead log. It rewrites in place, so there are no dead rows to vacuum.')];
    }
    return [heads([
      ['database', format.bytes(size.bytes)],
      ['connections', `${size.connections} of ${size.max_connections}`],
      ['dead rows', format.number(size.tables.reduce((sum, row) => sum + row.dead_rows, 0))],
      ['longest transaction', size.longest_transaction === null ? 'none' : size.longest_transaction < 1 ? 'under 1 s' : format.duration(size.longest_transaction)],
    ]), table([
      ['largest tables', row => mono(row.name)],
      ['size', row => format.bytes(row.bytes), 'num'],
      ['rows', row => `~ ${format.number(row.rows)}`, 'num'],
      ['dead rows', row => format.number(row.dead_rows), 'num'],
    ], size.tables, 'Tables')];
  });
}

// Alone, and with SQLite, there is no table of instances: then it is this one.
export function showInstances(server, instances, now) {
  const { body, note } = panel('instances');
  const serving = instances.filter(row => row.state === 'serving').length;
  say(note, instances.length ? `${serving} serving` : '');
  const at = Math.floor(now / 10_000);
  replaceIfChanged(body, JSON.stringify([instances, at]), () => {
    if (!instances.length) {
      return why(server.store === 'SQLite'
        ? 'SQLite is one instance\'s own. Several share a PostgreSQL (ConnectionStrings__Postgres).'
        : 'Nobody has entered the table yet.');
    }
    return table([
      ['instance', row => el('span', null, nameOf(row), ' ', row.id === server.instance ? el('span', { class: 'tag' }, 'this one') : null)],
      ['state', row => el('span', null, el('i', { class: `dot ${stateColours[row.state] ?? 'c4'}` }), row.state)],
      ['version', row => el('span', { title: row.version }, row.version.split('+')[0])],
      ['up', row => format.duration((now - Date.parse(row.started_at)) / 1000), 'num'],
      ['streams', row => format.number(row.streams), 'num'],
      ['does for all', row => row.duties.join(', ') || '–'],
    ], instances, 'Instances', true);
  });
}

function nameOf(row) {
  return el('span', null, row.name, ' ', mono(row.id.slice(-12)));
}

export function showQueue(server, instances, answer, now) {
  const { body, note } = panel('queue');
  say(note, age(answer, now));
  const at = Math.floor(now / 1000);
  replaceIfChanged(body, JSON.stringify([answer.value, answer.problem && !answer.value, answer.value?.leases.length ? at : 0, instances.length]), () => {
    const queue = answer.value;
    if (!queue) return waiting(answer);
    const own = queue.leases.some(lease => lease.instance === server.instance || lease.instance === null);
    const rows = [...queue.leases, ...(own ? [] : [{ instance: server.instance, tasks: 0 }])];
    const left = text => text ? `in ${format.duration(Math.max(0, (Date.parse(text) - now) / 1000))}` : '–';
    const named = id => instances.find(row => row.id === id);
    const isOwn = row => row.instance === server.instance || row.instance === null;
    return [heads([
      ['scheduled', format.number(queue.scheduled)], ['due', format.number(queue.due)], ['leased', format.number(queue.held)], ['dead', format.number(queue.dead)],
      ['pickers / workers', `${server.pickers} / ${server.workers}`],
    ]), table([
      ['instance', row => el('span', null, named(row.instance) ? nameOf(named(row.instance)) : mono((row.instance ?? server.instance).slice(-12)), ' ', isOwn(row) ? el('span', { class: 'tag' }, 'this one') : null)],
      ['tasks leased', row => format.number(row.tasks), 'num'],
      ['first lease ends', row => left(row.first_end), 'num'],
      ['last', row => left(row.last_end), 'num'],
    ], rows, 'Leases by instance', true)];
  });
}

export function heads(pairs) {
  return el('dl', { class: 'heads' }, ...pairs.map(([name, value]) => el('div', null, el('dt', null, name), el('dd', null, value))));
}
