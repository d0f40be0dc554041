// Brings takes from this browser to the server, again and again until each part is confirmed.
//
// Every step may be done twice: a take begins by an id that was chosen here, a part has a number, keeping is idempotent.
// So whatever was killed in between, page or server, the next try goes on where it was.

import { ApiError, post } from "./api.js";
import { part, partNumbers, putTake, removePart, removeTake, storedTakes } from "./take-store.js";

/** @typedef {import("./take-store.js").Stored} Stored */

/**
 * @typedef {object} Listening
 * @property {(take: Stored) => void} onWhole the server has all of it
 * @property {(take: Stored, kept: any) => void} onKept
 * @property {(take: Stored, error: ApiError) => void} onRefused the server does not take it
 * @property {(error: ApiError | null) => void} onTrouble the server does not answer; null: it does again
 */

const RETRY = [500, 1000, 2000, 4000]; // ms

export class Sender {
  /** @param {Listening} listening */
  constructor(listening) {
    this.listening = listening;
    /** @type {Map<string, Stored>} */
    this.takes = new Map();
    /** @type {Set<string>} */
    this.begun = new Set();
    /** @type {Map<string, () => void>} */
    this.locks = new Map();
    this.running = false;
    this.again = false;
    this.failures = 0;
  }

  /** Whether anything waits to be sent. */
  get busy() {
    return [...this.takes.values()].some((take) => take.ended !== "there" || take.wish);
  }

  /**
   * Take over what an earlier page left in this browser; a take that another page is recording is left to it.
   * @returns {Promise<number>} how many there were
   */
  async rescue() {
    let count = 0;
    for (const take of await storedTakes()) {
      if (this.takes.has(take.id) || !(await this.hold(take.id))) continue;
      if (!take.next) take.wish = "drop";
      if (!take.ended) take.ended = "here";
      this.takes.set(take.id, take);
      count += take.wish === "drop" ? 0 : 1;
    }
    void this.wake();
    return count;
  }

  /**
   * A take that begins now.
   * @param {Stored} take
   */
  async add(take) {
    this.takes.set(take.id, take);
    void this.hold(take.id);
    await putTake(take);
    void this.wake();
  }

  /**
   * What the person decided.
   * @param {Stored} take
   * @param {"keep" | "drop"} wish
   */
  async decide(take, wish) {
    take.wish = wish;
    await putTake(take);
    void this.wake();
  }

  /** Send all there is to send. */
  async wake() {
    this.again = true;
    if (this.running) return;
    this.running = true;
    try {
      while (this.again) {
        this.again = false;
        for (const take of [...this.takes.values()]) await this.step(take);
      }
      if (this.failures) this.listening.onTrouble(null);
      this.failures = 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.listening.onTrouble(error);
      setTimeout(() => this.wake(), RETRY[Math.min(this.failures++, RETRY.length - 1)]);
    } finally {
      this.running = false;
    }
  }

  /** @param {Stored} take */
  async step(take) {
    try {
      if (take.wish === "drop") {
        await post(path(take, "drop"));
        await this.done(take);
        return;
      }
      if (take.ended !== "there") await this.send(take);
      if (take.ended === "there" && /** @type {string} */ (take.wish) === "keep") {
        const kept = await post(path(take, "keep"));
        await this.done(take);
        this.listening.onKept(take, kept);
      }
    } catch (error) {
      // No answer, a fault of the server, or signed out: it may work later. All else will not.
      if (!(error instanceof ApiError) || error.status === 0 || error.status === 401 || error.status >= 500) throw error;
      await this.done(take);
      this.listening.onRefused(take, error);
    }
  }

  /** @param {Stored} take */
  async send(take) {
    if (!this.begun.has(take.id)) {
      await post("/api/record/takes", { id: take.id, speaker: take.speaker, rate: take.rate, text: take.text, device: take.device, session: take.session });
      this.begun.add(take.id);
    }
    for (const number of await partNumbers(take.id)) {
      const data = await part(take.id, number);
      if (data) await post(path(take, `parts/${number}`), data);
      await removePart(take.id, number);
    }
    if (take.ended !== "here" || (await partNumbers(take.id)).length) return;
    const state = await post(path(take, "end"), take.from ? { parts: take.next } : { parts: take.next, samples: take.samples });
    // Somebody has emptied this browser's store meanwhile: what the server has up to the gap is the take.
    if (!state.whole) await post(path(take, "end"), {});
    take.ended = "there";
    await putTake(take);
    this.listening.onWhole(take);
  }

  /**
   * Forget a take here: the server has it, or nobody wants it.
   * @param {Stored} take
   */
  async done(take) {
    this.takes.delete(take.id);
    await removeTake(take.id);
    this.locks.get(take.id)?.();
    this.locks.delete(take.id);
  }

  /**
   * Hold the take for this page; false where another page has it.
   * @param {string} id
   * @returns {Promise<boolean>}
   */
  hold(id) {
    return new Promise((resolve) => {
      void navigator.locks.request(`idiolect-take-${id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise((release) => this.locks.set(id, () => release(undefined)));
      });
    });
  }
}

/**
 * @param {Stored} take
 * @param {string} what
 * @returns {string}
 */
function path(take, what) {
  return `/api/record/takes/${take.id}/${what}`;
}
