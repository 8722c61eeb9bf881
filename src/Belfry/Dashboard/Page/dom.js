// Small words for building what is shown. Text is only ever set as text.
export const byId = id => document.getElementById(id);

export function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

// Touches the page only where something has changed: no flash, and a selection stays.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function replaceIfChanged(node, key, make) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...[make()].flat());
}

// columns: [name, row => text or node, class]. Cards: on a narrow screen each row stands by itself.
export function table(columns, rows, label, cards = false) {
  const cell = (row, [name, read, kind]) => el('td', { class: kind, 'data-name': name }, read(row));
  return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    el('table', { class: cards && 'cards' },
      el('thead', null, el('tr', null, ...columns.map(([name, , kind]) => el('th', { class: kind, scope: 'col' }, name)))),
      el('tbody', null, ...rows.map(row => el('tr', null, ...columns.map(column => cell(row, column)))))));
}

export const why = text => el('p', { class: 'why' }, text);
export const mono = text => el('span', { class: 'mono' }, text);

export async function ask(path, options) {
  const answer = await fetch(path, { ...options, headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(8000) });
  const text = await answer.text();
  let body = null;
  try { body = text ? JSON.parse(text) : null; } catch { /* Not ours: a proxy's page. */ }
  return { ok: answer.ok, status: answer.status, body, problem: answer.ok ? null : body?.detail ?? body?.title ?? `answered with ${answer.status}` };
}
