import { ask, byId, el, mono, table, why } from './dom.js';
import { heads } from './tables.js';
import * as format from './format.js';

function onSubmit(id, look) {
  const form = byId(id).querySelector('form'), result = byId(id).querySelector('.result'), button = form.querySelector('button');
  form.addEventListener('submit', async event => {
    event.preventDefault();
    button.disabled = true;
    try {
      result.replaceChildren(...[await look(form)].flat());
    } catch {
      result.replaceChildren(why('No answer. Is the server there?'));
    }
    button.disabled = false;
  });
}

function openTrace(source, id) {
  const form = byId('trace').querySelector('form');
  form.source.value = source;
  form.id.value = id;
  form.requestSubmit();
  byId('trace').scrollIntoView({ block: 'nearest' });
}

function openMailbox(user) {
  const form = byId('mailbox').querySelector('form');
  form.user.value = user;
  form.requestSubmit();
  byId('mailbox').scrollIntoView({ block: 'nearest' });
}

function showMailbox(box) {
  if (box.last_seq === 0 && box.streams.length === 0) return why(`${box.user} has no mailbox yet, and no open stream here.`);
  const undelivered = box.last_seq - Math.max(box.delivered_seq, box.floor_seq);
  const streams = box.streams.map(stream => `${stream.live ? 'live' : 'catching up'} at ${stream.written}${stream.filtered ? ', filtered' : ''}`);
  return [
    heads([
      ['last seq', format.number(box.last_seq)], ['delivered to', format.number(box.delivered_seq)], ['not delivered', format.number(undelivered)],
      ['floor', format.number(box.floor_seq)], ['generation', String(box.generation)], ['streams here', streams.length ? streams.join('; ') : 'none'],
    ]),
    box.newest.length === 0 ? why('Nothing is left of what was in it: its retention time is over.') : table([
      ['seq', row => format.number(row.seq), 'num'],
      ['type', row => row.event_type],
      ['priority', row => row.priority],
      ['stored (UTC)', row => format.moment(row.received_at), 'name'],
      ['source / id', row => el('button', { type: 'button', class: 'linkish mono', onclick: () => openTrace(row.source, row.event_id) }, `${row.source} / ${row.event_id}`)],
    ], box.newest, 'The newest notifications', true),
  ];
}

function showTrace(trace) {
  const parts = [heads([
    ['mailboxes', `${trace.count_is_exact === false ? 'more than ' : ''}${format.number(trace.count)}`],
    ['tasks', String(trace.tasks.length)], ['dead records', String(trace.dead_records.length)],
  ])];
  if (trace.notifications.length) {
    parts.push(table([
      ['user', row => el('button', { type: 'button', class: 'linkish', onclick: () => openMailbox(row.user_id) }, row.user_id)],
      ['seq', row => format.number(row.seq), 'num'],
      ["the event's time (UTC)", row => format.moment(row.event_timestamp)],
      ['stored', row => format.moment(row.received_at)],
      ['delivered', row => row.delivered ? (row.delivered_at ? `by ${format.moment(row.delivered_at)}` : 'yes') : 'not yet'],
    ], trace.notifications, 'Mailboxes that have it', true));
  }
  if (trace.tasks.length) {
    parts.push(table([
      ['task', row => `${row.id} ${row.kind}`],
      ['state', row => row.state],
      ['attempts', row => `${row.attempts} of ${row.max_attempts}`, 'num'],
      ['runs (UTC)', row => format.moment(row.run_at ?? row.died_at)],
      ['last error', row => row.last_error ?? '–'],
    ], trace.tasks, 'Its tasks', true));
  }
  if (trace.dead_records.length) {
    parts.push(table([['dead record', row => mono(row.id)], ['reason', row => row.reason], ['since (UTC)', row => format.moment(row.died_at)]], trace.dead_records, 'Its dead records', true));
  }
  return parts;
}

export function startSearch() {
  onSubmit('mailbox', async form => {
    const answer = await ask(`/dashboard/mailbox?user=${encodeURIComponent(form.user.value)}`);
    return answer.ok ? showMailbox(answer.body) : why(answer.problem);
  });
  onSubmit('trace', async form => {
    const answer = await ask(`/v1/admin/events/${encodeURIComponent(form.source.value)}/${encodeURIComponent(form.id.value)}`);
    return answer.ok ? showTrace(answer.body) : why(answer.problem);
  });
}
