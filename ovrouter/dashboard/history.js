/** What was told of each subscription of a Session in the last two minutes. */

export const WINDOW_S = 120;

export class History {
  #samples = new Map();
  #asked_ms = null;

  /** How far back to ask: everything at first, then what is new, with a little overlap. */
  missingSeconds() {
    const now_ms = performance.now();
    const missing_s = this.#asked_ms === null ? WINDOW_S : Math.ceil((now_ms - this.#asked_ms) / 1000) + 2;
    this.#asked_ms = now_ms;
    return Math.min(WINDOW_S, missing_s);
  }

  /** Take *subscriptions* as the server tells them; those that it does not name any more are forgotten. */
  add(subscriptions) {
    const before = this.#samples;
    this.#samples = new Map();
    for (const subscription of subscriptions) {
      const known = before.get(key(subscription)) ?? [];
      const last_ms = known.at(-1)?.atMs ?? 0;
      const all = [...known, ...subscription.samples.filter(({ atMs }) => atMs > last_ms)];
      const newest_ms = all.at(-1)?.atMs ?? 0;
      this.#samples.set(key(subscription), all.filter(({ atMs }) => atMs > newest_ms - WINDOW_S * 1000));
    }
  }

  /** Samples of one subscription, oldest first. */
  of(subscription) {
    return this.#samples.get(key(subscription)) ?? [];
  }
}

const key = ({ connectionId, streamId }) => `${connectionId} ${streamId}`;
