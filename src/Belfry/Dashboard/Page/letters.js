import { ask, byId, el, mono, replaceIfChanged, say, table, why } from './dom.js';
import * as format from './format.js';

const path = '/v1/admin/deadletters';
const beat = 10_000;

// The list of dead letters, with what can be done about each. Asked for slowly, and at once after a change.
export class Letters {
  constructor() {
    const node = byId('letters');
    this.body = node.querySelector(':scope > div');
    this.note = node.querySelector('small');
    this.armed = null;
    this.timer = null;
  }

  start() {
    if (this.timer) return;
    this.timer = setInterval(() => { if (!document.hidden) this.refresh(); }, beat);
    this.refresh();
  }

  async refresh() {
    try {
      this.show(await ask(`${path}?limit=50`));
    } catch {
      say(this.note, 'no answer; as it was');
    }
  }

  show(answer) {
    if (answer.status === 404) {
      this.fill('none', () => why('This build has no list of dead letters.'));
      return;
    }
    if (!answer.ok) {
      say(this.note, answer.problem);
      return;
    }
    const items = answer.body.items;
    say(this.note, items.length ? `${answer.body.next ? 'the newest ' : ''}${items.length}` : '');
    this.fill(JSON.stringify([items, this.armed]), () => items.length ? this.list(items) : why('None: every task and every record could be worked off.'));
  }

  fill(key, make) { replaceIfChanged(this.body, key, make); }

  list(items) {
    const what = letter => letter.task ? `${letter.task.kind} task, ${letter.task.attempts} of ${letter.task.max_attempts} attempts`
      : letter.record ? `${letter.record.topic} ${letter.record.partition} @ ${letter.record.offset}` : letter.kind;
    return table([
      ['id', letter => mono(letter.id), 'name'],
      ['what', what],
      ['reason', letter => letter.reason],
      ['since (UTC)', letter => format.moment(letter.died_at), 'name'],
      ['size', letter => format.bytes(letter.size), 'num'],
      ['', letter => el('span', { class: 'actions' }, this.button(letter, 'Retry'), this.dropButton(letter))],
    ], items, 'Dead letters', true);
  }

  button(letter, name) {
    return el('button', { type: 'button', class: 'quiet', 'aria-label': `Retry ${letter.id}`, onclick: event => this.act(event.target, 'POST', `${path}/${letter.id}/retry`) }, name);
  }

  // Dropping cannot be undone, so it is asked twice; the second time within five seconds.
  dropButton(letter) {
    const armed = this.armed === letter.id;
    return el('button', {
      type: 'button', class: 'quiet bad', 'aria-label': `${armed ? 'Really drop' : 'Drop'} ${letter.id}`,
      onclick: event => {
        if (this.armed === letter.id) {
          this.armed = null;
          this.act(event.target, 'DELETE', `${path}/${letter.id}`);
          return;
        }
        this.armed = letter.id;
        event.target.textContent = 'Really?';
        event.target.setAttribute('aria-label', `Really drop ${letter.id}`);
        setTimeout(() => {
          if (this.armed !== letter.id) return;
          this.armed = null;
          event.target.textContent = 'Drop';
          event.target.setAttribute('aria-label', `Drop ${letter.id}`);
        }, 5000);
      },
    }, armed ? 'Really?' : 'Drop');
  }

  async act(button, method, where) {
    button.disabled = true;
    let problem = null;
    try {
      const answer = await ask(where, { method });
      // Gone already: somebody else was quicker.
      if (!answer.ok && answer.status !== 404) problem = answer.problem;
    } catch {
      problem = 'no answer; look again';
    }
    button.disabled = false;
    await this.refresh();
    if (problem) say(this.note, problem);
  }
}
