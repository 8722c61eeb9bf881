/** What a page notices of the world. */
export interface PageHandlers {
  /** The network is back, the page is visible again: look whether the connection lives. */
  wake(): void;
  /** The browser says that there is no network. */
  lose(): void;
  /** The page is about to be frozen or kept in the back/forward cache. */
  pause(): void;
  resume(): void;
}

/** Listens until the returned function is called. Outside of a page it does nothing. */
export function watchPage(handlers: PageHandlers): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
  const control = new AbortController();
  const options = { signal: control.signal };
  window.addEventListener('online', handlers.wake, options);
  window.addEventListener('offline', handlers.lose, options);
  window.addEventListener('pagehide', (e) => e.persisted && handlers.pause(), options);
  window.addEventListener('pageshow', (e) => e.persisted && handlers.resume(), options);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && handlers.wake(), options);
  document.addEventListener('freeze', handlers.pause, options);
  document.addEventListener('resume', handlers.resume, options);
  return () => control.abort();
}
