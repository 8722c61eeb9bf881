import { el, say } from './dom.js';
import * as format from './format.js';

// Each line: its name, the series it shows, its colour. "none" says in words why there can be nothing to see.
const store = server => server.store === 'SQLite';
const definitions = [
  { title: 'In and out', unit: '/s', wide: true, write: format.rate, hint: 'Events acknowledged, by way, and notifications sent to connections.',
    lines: [['out', 'out', 1], ['HTTP', 'in_http', 2], ['Kafka', 'in_kafka', 3], ['outbox', 'in_outbox', 4], ['tasks', 'in_tasks', 6]] },
  { title: 'Latency', unit: 'ms', wide: true, write: format.milliseconds, hint: "From the event's own time to its hand-over to the user's streams.",
    lines: [['p50', 'latency_p50', 4], ['p95', 'latency_p95', 2], ['p99', 'latency_p99', 1]],
    none: () => 'Nothing was handed to a stream in this time: no event for a user who is connected here.' },
  { title: 'One append', unit: 'ms', write: format.milliseconds, hint: 'From the first try of a batch to its commit.',
    lines: [['p50', 'append_p50', 4], ['p95', 'append_p95', 2], ['p99', 'append_p99', 1]], none: () => 'Nothing was stored in this time.' },
  { title: 'Batch size', unit: 'events', write: format.number, hint: 'Events in one transaction.',
    lines: [['mean', 'batch_mean', 1], ['largest', 'batch_max', 4]], none: () => 'Nothing was stored in this time.' },
  { title: 'Waiting for a lane', unit: 'events', write: format.number, hint: 'Taken in and not stored yet.',
    lines: [['events', 'lane_queue', 1]] },
  { title: 'Database pool', unit: 'connections', write: format.number, hint: 'Connections of this instance.',
    lines: [['used', 'pool_used', 1], ['idle', 'pool_idle', 4], ['waiting', 'pool_waiting', 5]],
    none: server => store(server) ? 'SQLite has no pool: one writer and up to eight readers, in this process.' : 'No connection has been opened yet.' },
  { title: 'Connections', unit: 'streams', write: format.number, hint: 'Streams that are open here.', lines: [['open', 'connections', 1]] },
  { title: 'Opened and ended', unit: '/s', write: format.rate, hint: 'Streams that came and went.',
    lines: [['opened', 'streams_opened', 1], ['ended', 'streams_ended', 4], ['refused', 'streams_refused', 5]] },
  { title: 'Slow clients', unit: '/s', write: format.rate, hint: 'Live streams that went back to reading the log, and resets.',
    lines: [['fell behind', 'streams_behind', 1], ['resets', 'streams_resets', 5]] },
  { title: 'Catching up', unit: '/s', write: format.rate, hint: 'What streams read from the log.',
    lines: [['notifications', 'streams_page_rows', 1], ['pages', 'streams_pages', 4]] },
  { title: 'Tasks', unit: '/s', write: format.rate, hint: 'Scheduled events, topics, many users, webhooks.',
    lines: [['claimed', 'work_claimed', 4], ['done', 'work_completed', 1], ['retried', 'work_retried', 6], ['reclaimed', 'work_reclaimed', 3], ['dead', 'work_dead', 5]] },
  { title: 'Task channel', unit: 'tasks', write: format.number, hint: 'Claimed by this instance: running or waiting for a worker.',
    lines: [['leased', 'work_leased', 1], ['waiting', 'work_channel', 4]] },
  { title: 'CPU', unit: 'cores', write: value => format.isKnown(value) ? value.toFixed(2) : '–', hint: 'Processor time of this process.', lines: [['used', 'cpu', 1]] },
  { title: 'Memory', unit: '', write: format.bytes, hint: 'Of this process.', lines: [['resident', 'memory', 1], ['managed', 'heap', 4]] },
];

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// light-dark() is resolved by the browser, through any element's colour.
function colour(name) {
  const probe = document.createElement('i');
  probe.style.color = css(name);
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

// Up to 1, 2, 4, 6 or 8 and noughts.
function round(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * [1, 2, 4, 6, 8, 10].find(step => step * unit >= value);
}

// One storm of resumes must not press ten minutes flat against the axis: what stands far above all else is cut off, and said.
function findCeiling(values) {
  if (values.length === 0) return { top: null, peak: null, most: 0 };
  const sorted = values.sort((a, b) => a - b);
  const most = sorted.at(-1), usual = sorted[Math.floor(sorted.length * .97)];
  return usual > 0 && most > 5 * usual ? { top: round(2 * usual), peak: most, most } : { top: null, peak: null, most };
}

class Chart {
  constructor(definition) {
    this.definition = definition;
    this.values = definition.lines.map(() => el('b', null, '–'));
    this.host = el('div');
    this.empty = el('p', { class: 'why', hidden: true });
    this.plot = el('div', { class: 'plot', role: 'img', 'aria-label': `${definition.title}: ${definition.hint}` }, this.host, this.empty);
    this.unit = el('small', null, definition.unit);
    this.panel = el('figure', { class: definition.wide ? 'panel wide' : 'panel' },
      el('header', { title: definition.hint }, el('h2', null, definition.title), this.unit),
      el('ul', { class: 'legend' }, ...definition.lines.map(([name, , colour], i) =>
        el('li', null, el('span', { class: `swatch s${colour}` }), name, this.values[i]))),
      this.plot);
    this.visible = true;
  }

  start(server, series) {
    this.server = server;
    this.columns = this.definition.lines.map(([, name]) => series.indexOf(name) + 1);
    if (this.chart) return;
    this.chart = echarts.init(this.host, null, { renderer: 'canvas' });
    new ResizeObserver(() => this.chart.resize()).observe(this.plot);
    new IntersectionObserver(entries => { this.visible = entries.at(-1).isIntersecting; }, { rootMargin: '200px' }).observe(this.plot);
    this.dress();
  }

  // Colours and what does not change.
  dress() {
    if (!this.chart) return;
    const { lines, write } = this.definition;
    const soft = colour('--soft'), line = colour('--line'), card = colour('--card'), text = colour('--text');
    const label = { color: soft, fontSize: 11, fontFamily: 'system-ui, sans-serif' };
    this.chart.setOption({
      animation: false,
      grid: { left: 46, right: 10, top: 8, bottom: 20 },
      xAxis: {
        type: 'time', splitNumber: this.definition.wide ? 5 : 3, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: { ...label, hideOverlap: true, formatter: '{HH}:{mm}' }, axisPointer: { snap: true, lineStyle: { color: soft, width: 1 } }, minInterval: 60_000,
      },
      yAxis: {
        type: 'value', min: 0, splitNumber: 3, splitLine: { lineStyle: { color: line } },
        axisLabel: { ...label, formatter: value => value === 0 ? '0' : write(value) },
      },
      tooltip: {
        trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: card, borderColor: line, padding: 8, textStyle: { color: text, fontSize: 12 },
        formatter: points => [format.clock(points[0].value[0]),
          ...points.map(point => `${point.seriesName}  ${write(point.value[1])}${this.definition.unit.startsWith('/') ? '' : ' '}${this.definition.unit}`)].join('\n'),
      },
      series: lines.map(([name, , shade, dash], i) => ({
        name, type: 'line', showSymbol: false, symbolSize: 5, silent: true, color: colour(`--s${shade}`),
        lineStyle: { width: 1.5, type: dash ?? 'solid' }, areaStyle: i === 0 && lines.length <= 2 ? { opacity: .1 } : undefined, data: [],
      })),
    });
  }

  draw(rows, from, to) {
    const latest = rows.at(-1);
    this.definition.lines.forEach((_, i) => say(this.values[i], this.definition.write(latest?.[this.columns[i]])));
    if (!this.chart || !this.visible || document.hidden) return;
    const shown = rows.filter(row => row[0] >= from);
    const isEmpty = Boolean(this.definition.none) && shown.every(row => this.columns.every(column => row[column] === null));
    this.empty.hidden = !isEmpty;
    this.host.hidden = isEmpty;
    if (isEmpty) {
      say(this.empty, this.definition.none(this.server));
      return;
    }

    const { unit, write } = this.definition;
    const { top, peak, most } = findCeiling(shown.flatMap(row => this.columns.map(column => row[column]).filter(format.isKnown)));
    say(this.unit, peak === null ? unit : `${unit}, peak ${write(peak)}`);
    const least = unit === 'cores' ? 0.1 : 1;
    const max = top ?? (most < least ? least : null);
    this.chart.setOption({
      xAxis: { min: from, max: to },
      // Null: the chart finds a round number itself.
      yAxis: { max, interval: max && max / 2 },
      series: this.columns.map(column => ({ data: shown.map(row => [row[0], row[column]]) })),
    }, { lazyUpdate: true });
  }
}

export class Charts {
  constructor(host) {
    this.all = definitions.map(definition => new Chart(definition));
    host.append(...this.all.map(chart => chart.panel));
  }

  start(server, series) { this.all.forEach(chart => chart.start(server, series)); }

  dress() { this.all.forEach(chart => chart.dress()); }

  draw(rows, minutes) {
    const to = rows.at(-1)?.[0] ?? Date.now();
    this.all.forEach(chart => chart.draw(rows, to - minutes * 60_000, to));
  }
}
