/** Everything that the component says. `locale` is a BCP 47 tag, for plurals and numbers. */
export interface Texts {
  title: string;
  /** The bell's label for screen readers. */
  bell(unread: number, locale: string): string;
  /** What a screen reader is told when something comes. */
  arrived(count: number, title: string, locale: string): string;
  /** On the button that leads back to the top. */
  newOnTop(count: number, locale: string): string;
  markAllRead: string;
  markRead: string;
  markUnread: string;
  archive: string;
  close: string;
  unread: string;
  important: string;
  loading: string;
  emptyTitle: string;
  emptyText: string;
  end: string;
  connecting: string;
  offline: string;
  errorTitle: string;
  errorText: string;
  changeFailed: string;
  retry: string;
}

function pluralOf(locale: string, count: number, one: string, other: string): string {
  const text = new Intl.PluralRules(locale).select(count) === 'one' ? one : other;
  return text.replace('#', new Intl.NumberFormat(locale).format(count));
}

export const english: Texts = {
  title: 'Notifications',
  bell: (unread, locale) => (unread === 0 ? 'Notifications, none unread' : pluralOf(locale, unread, 'Notifications, # unread', 'Notifications, # unread')),
  arrived: (count, title, locale) => (count === 1 ? `New notification: ${title}` : pluralOf(locale, count, '# new notification', '# new notifications')),
  newOnTop: (count, locale) => pluralOf(locale, count, '# new notification', '# new notifications'),
  markAllRead: 'Mark all read',
  markRead: 'Mark as read',
  markUnread: 'Mark as unread',
  archive: 'Archive',
  close: 'Close',
  unread: 'Unread',
  important: 'Important',
  loading: 'Loading notifications…',
  emptyTitle: 'You’re all caught up',
  emptyText: 'New notifications will appear here.',
  end: 'That’s everything',
  connecting: 'Connecting…',
  offline: 'You’re offline. What you miss will show when you’re back.',
  errorTitle: 'Notifications can’t be loaded',
  errorText: 'We keep trying in the background.',
  changeFailed: 'That didn’t work. Please try again.',
  retry: 'Try again',
};

export const german: Texts = {
  title: 'Mitteilungen',
  bell: (unread, locale) => (unread === 0 ? 'Mitteilungen, keine ungelesen' : pluralOf(locale, unread, 'Mitteilungen, # ungelesen', 'Mitteilungen, # ungelesen')),
  arrived: (count, title, locale) => (count === 1 ? `Neue Mitteilung: ${title}` : pluralOf(locale, count, '# neue Mitteilung', '# neue Mitteilungen')),
  newOnTop: (count, locale) => pluralOf(locale, count, '# neue Mitteilung', '# neue Mitteilungen'),
  markAllRead: 'Alle gelesen',
  markRead: 'Als gelesen markieren',
  markUnread: 'Als ungelesen markieren',
  archive: 'Archivieren',
  close: 'Schließen',
  unread: 'Ungelesen',
  important: 'Wichtig',
  loading: 'Mitteilungen werden geladen …',
  emptyTitle: 'Du bist auf dem neuesten Stand',
  emptyText: 'Neue Mitteilungen erscheinen hier.',
  end: 'Das ist alles',
  connecting: 'Verbindung wird hergestellt …',
  offline: 'Du bist offline. Was du verpasst, erscheint, sobald du wieder verbunden bist.',
  errorTitle: 'Mitteilungen können nicht geladen werden',
  errorText: 'Wir versuchen es im Hintergrund weiter.',
  changeFailed: 'Das hat nicht geklappt. Bitte versuche es noch einmal.',
  retry: 'Erneut versuchen',
};
