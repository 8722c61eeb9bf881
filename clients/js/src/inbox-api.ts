import type { BelfryError } from './errors.js';
import { toPage, type Page } from './inbox-items.js';
import type { InboxFilter } from './inbox-types.js';
import type { Change, Counts } from './protocol.js';
import type { Session } from './session.js';

/** The inbox's requests. */
export class InboxApi {
  constructor(
    private readonly session: Session,
    readonly filter: InboxFilter,
    readonly limit: number,
    private readonly types: readonly string[] | undefined,
  ) {}

  counts(): Promise<Counts & { state_version: number }> {
    return this.session.json('/v1/inbox/counts');
  }

  /** @param place `before=<cursor>` or `after=<cursor>`; empty: the newest */
  async page(place = ''): Promise<Page> {
    const query = [`limit=${this.limit}`, `filter=${this.filter}`, place];
    if (this.types?.length) query.push(`types=${encodeURIComponent(this.types.join(','))}`);
    return toPage(await this.session.json(`/v1/inbox?${query.filter(Boolean).join('&')}`));
  }

  change(change: Change, body: { seqs: number[] } | { up_to: string }): Promise<void> {
    const path = change === 'archived' ? 'archive' : change;
    return this.session.json(`/v1/inbox/${path}`, { method: 'POST', body });
  }

  async remove(seqs: readonly number[]): Promise<void> {
    for (const seq of seqs) {
      await this.session.json(`/v1/inbox/${seq}`, { method: 'DELETE' }).catch((error: BelfryError) => {
        // Another device was faster.
        if (error.status !== 404) throw error;
      });
    }
  }
}
