const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.RelativeTimeFormat>();

/** "now", "5 min. ago", "yesterday"; a date after a week, with the year where it is another one. */
export function relativeTime(time: number, now: number, locale: string): string {
  let format = formats.get(locale);
  if (!format) formats.set(locale, (format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })));
  // The server's clock may run ahead of this one's: nothing comes from the future.
  const age = Math.max(0, now - time);
  if (age < MINUTE) return format.format(0, 'second');
  if (age < HOUR) return format.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return format.format(-Math.floor(age / HOUR), 'hour');
  if (age < 7 * DAY) return format.format(-Math.floor(age / DAY), 'day');
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) }).format(time);
}

export function fullTime(time: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(time);
}

/** The language around an element: its own, an ancestor's, the page's, the browser's. */
export function localeOf(element: Element): string {
  const named = element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang || navigator.language;
  try {
    return Intl.getCanonicalLocales(named)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
