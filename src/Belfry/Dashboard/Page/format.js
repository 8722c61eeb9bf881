// How numbers, sizes and times are written. Never longer than about six characters, so that nothing jumps.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const isKnown = value => value !== null && value !== undefined && Number.isFinite(value);

export function number(value) {
  if (!isKnown(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1_000_000) return short.format(value);
  if (size >= 100 || Number.isInteger(value)) return whole.format(value);
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 || value === 0 ? 1 : 2);
}

export const rate = value => isKnown(value) ? (value >= 10 || value === 0 ? number(Math.round(value)) : value.toFixed(1)) : '–';

export function milliseconds(value) {
  if (!isKnown(value)) return '–';
  return value >= 100 ? number(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(value) {
  if (!isKnown(value)) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit++; }
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function duration(seconds) {
  if (!isKnown(seconds)) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds % 86_400 / 3600)} h`;
}

export const ago = (at, now) => !at ? 'not yet' : now - at < 1500 ? 'just now' : `${duration((now - at) / 1000)} ago`;
export const clock = at => new Date(at).toLocaleTimeString('en-GB');
export const percent = share => isKnown(share) ? `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %` : '–';

// UTC, as it comes: today's to the millisecond, others with their day.
export function moment(text) {
  if (!text) return '–';
  const time = text.slice(11, 23).replace('Z', '');
  return text.slice(0, 10) === new Date().toISOString().slice(0, 10) ? time : `${text.slice(0, 10)} ${time.slice(0, 8)}`;
}
