import { byId, say } from './dom.js';
import { Charts } from './charts.js';
import { Letters } from './letters.js';
import { startSearch } from './search.js';
import { findSigns, showSigns } from './signs.js';
import { showDatabase, showInstances, showKafka, showQueue, showStatus } from './tables.js';
import * as format from './format.js';

const kept = 600;
const healthNames = { ready: 'ready', away: 'not ready', draining: 'draining' };
const charts = new Charts(byId('charts'));
const letters = new Letters();
let server, series, now, rows = [], minutes = 5;

const column = name => series.indexOf(name) + 1;

function connect() {
  const source = new EventSource('/dashboard/stats');
  source.addEventListener('history', event => {
    const first = JSON.parse(event.data);
    ({ server, series, rows, now } = first);
    byId('leave').hidden = !first.signed_in;
    charts.start(server, series);
    letters.start();
    setLink('live', 'live');
    draw();
  });
  source.addEventListener('sample', event => {
    const sample = JSON.parse(event.data);
    rows.push(sample.row);
    if (rows.length > kept) rows.shift();
    now = sample.now;
    setLink('live', 'live');
    draw();
  });
  source.addEventListener('draining', () => setHealth('draining', 'draining'));
  source.onerror = async () => {
    setLink('lost', 'connection lost, retrying');
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused for good, as far as EventSource is concerned: the session may be over, or a proxy has answered.
    const status = await fetch('/dashboard', { headers: { Accept: 'text/html' } }).then(answer => answer.status, () => 0);
    if (status === 401) location.reload();
    else setTimeout(connect, 2000);
  };
}

function setLink(state, text) {
  const link = byId('link');
  link.dataset.state = state;
  say(link, text);
  document.body.classList.toggle('stale', state === 'lost');
  if (state !== 'lost') return;
  setHealth('gone', 'unknown');
  const since = rows.length ? `the numbers are of ${format.clock(rows.at(-1)[0])}` : 'nothing was received yet';
  showSigns(byId('signs'), [{ level: 'bad', text: `The server cannot be reached: ${since}` }]);
}

function setHealth(state, text) {
  const pill = byId('health');
  pill.dataset.state = state;
  say(pill, text);
}

function draw() {
  const at = rows.at(-1)?.[0] ?? Date.now();
  setHealth(now.health, now.parts.some(part => part.name === 'store' && !part.ready) ? 'store away' : healthNames[now.health]);
  say(byId('fact-store'), server.store);
  say(byId('fact-version'), server.version.split('+')[0]);
  byId('fact-version').title = server.version;
  say(byId('fact-uptime'), format.duration((at - server.started_at) / 1000));
  say(byId('fact-instance'), server.instance.slice(-12));
  byId('fact-instance').title = server.instance;
  showSigns(byId('signs'), findSigns(now, rows, column));
  drawTiles();
  charts.draw(rows, minutes);
  showStatus(now.status, at);
  showKafka(server, now);
  showDatabase(server, now.size, at);
  showInstances(server, now.instances, at);
  showQueue(server, now.instances, now.queue, at);
}

function drawTiles() {
  const last = rows.at(-1);
  const value = name => last?.[column(name)] ?? null;
  const recent = (name, seconds) => rows.slice(-seconds).map(row => row[column(name)]).filter(format.isKnown);
  const mean = name => { const found = recent(name, 3); return found.length ? found.reduce((a, b) => a + b, 0) / found.length : null; };
  const middle = found => found.length ? [...found].sort((a, b) => a - b)[found.length >> 1] : null;

  const ways = [['HTTP', 'in_http'], ['Kafka', 'in_kafka'], ['outbox', 'in_outbox'], ['tasks', 'in_tasks']];
  const used = ways.filter(([, name]) => value(name) > 0).map(([way, name]) => `${way} ${format.rate(mean(name))}`);
  const taken = ways.slice(0, 3).reduce((sum, [, name]) => sum + (mean(name) ?? 0), 0);
  tile('in', last ? format.rate(taken) : '–', used.length ? used.join(' · ') : 'nothing comes in');
  tile('out', format.rate(mean('out')), value('connections') > 0 ? `${format.rate(mean('stored'))} stored/s` : 'nobody is connected');

  const worst = recent('latency_p99', 10), p99 = worst.length ? Math.max(...worst) : null;
  tile('p50', format.milliseconds(middle(recent('latency_p50', 10))), worst.length ? 'event to stream, 10 s' : 'nothing was handed over');
  tile('p99', format.milliseconds(p99), worst.length ? 'worst second of 10' : 'nothing was handed over', p99 > 1000 ? 'warn' : '');
  const open = value('connections');
  tile('connections', format.number(open), `of ${format.number(server.max_connections)} at most`, open > 0.9 * server.max_connections ? 'warn' : '');
  const waits = `${format.number(value('lane_queue'))} wait for a lane`;
  const away = now.parts.some(part => part.name === 'kafka' && !part.ready);
  tile('lag', server.kafka ? format.number(value('kafka_lag')) : 'none', away ? 'Kafka is away' : server.kafka ? waits : `no Kafka here · ${waits}`);
  byId('tile-lag').querySelector('p span').hidden = !server.kafka;
}

function tile(id, text, note, level = '') {
  const node = byId(`tile-${id}`);
  node.dataset.level = level;
  say(node.querySelector('b'), text);
  say(node.querySelector('small'), note);
}

function startTheme() {
  const button = byId('theme');
  const show = () => {
    const chosen = window.belfryTheme.chosen;
    say(button, chosen);
    button.setAttribute('aria-label', `Colours: ${chosen === 'auto' ? 'as the system has them' : chosen}. Change`);
  };
  button.addEventListener('click', () => { window.belfryTheme.next(); show(); charts.dress(); if (rows.length) draw(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { charts.dress(); if (rows.length) draw(); });
  show();
}

byId('range').addEventListener('change', event => { minutes = Number(event.target.value); if (rows.length) draw(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden && rows.length) draw(); });
startTheme();
startSearch();
connect();
