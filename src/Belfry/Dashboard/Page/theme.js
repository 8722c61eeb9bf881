// Before the first paint, so that nobody sees the other colours for a moment.
(() => {
  const known = ['auto', 'light', 'dark'];
  let chosen = 'auto';
  try { chosen = localStorage.getItem('belfry-theme') ?? 'auto'; } catch { /* Storage may be forbidden; then it is the system's. */ }

  function apply(theme) {
    chosen = known.includes(theme) ? theme : 'auto';
    if (chosen === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  }

  apply(chosen);
  window.belfryTheme = {
    get chosen() { return chosen; },
    next() {
      apply(known[(known.indexOf(chosen) + 1) % known.length]);
      try { localStorage.setItem('belfry-theme', chosen); } catch { /* For this visit only. */ }
    },
  };
})();
