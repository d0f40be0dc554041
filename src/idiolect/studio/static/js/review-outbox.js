// Decisions on their way to the server. Each stays in this browser until the server has confirmed it: a killed server, a closed
// lid or a lost network loses none. Each carries a key of its own, so that one which arrives twice is kept once.

import { ApiError, post } from "./api.js";

const PREFIX = "idiolect.review.";
const WAITS = [500, 1000, 2000, 4000, 8000]; // ms between tries

/**
 * @typedef {object} Letter
 * @property {string} key
 * @property {string} path
 * @property {Record<string, any>} body
 */

export class Outbox {
  /**
   * @param {string} sitting
   * @param {object} told
   * @param {(letter: Letter) => void} told.arrived
   * @param {(letter: Letter, error: ApiError) => void} told.refused the server does not want it, now or later
   * @param {(waiting: number, trouble: boolean) => void} told.changed
   */
  constructor(sitting, told) {
    this.name = PREFIX + sitting;
    this.told = told;
    /** @type {Letter[]} */
    this.letters = read(this.name);
    this.sending = false;
    this.failures = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => document.hidden || this.again());
  }

  /** What sittings of this person left that nobody holds open any more: their windows were closed before it was sent. */
  async adopt() {
    for (const name of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX) && one !== this.name)) {
      const free = await lockOf(name.slice(PREFIX.length), false);
      if (!free) continue;
      this.letters.unshift(...read(name));
      this.keep();
      localStorage.removeItem(name);
    }
    void this.send();
  }

  /** @param {Letter} letter */
  add(letter) {
    this.letters.push(letter);
    this.keep();
    void this.send();
  }

  /**
   * Take a letter back that has not been sent yet.
   * @param {string} key
   * @returns {boolean} false where it is on its way or has arrived
   */
  remove(key) {
    const place = this.letters.findIndex((one) => one.key === key);
    if (place < 0 || (place === 0 && (this.sending || this.failures > 0))) return false; // a failed try may have arrived all the same
    this.letters.splice(place, 1);
    this.keep();
    return true;
  }

  /** @returns {string[]} ids of the clips whose decisions are under way */
  clips() {
    return this.letters.map((one) => one.body.clip).filter(Boolean);
  }

  again() {
    clearTimeout(this.timer);
    void this.send();
  }

  async send() {
    if (this.sending || !this.letters.length) return;
    this.sending = true;
    const [letter] = this.letters;
    try {
      await post(letter.path, letter.body);
      this.failures = 0;
      this.drop(letter);
      this.told.arrived(letter);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 0 || error.status === 401 || error.status >= 500) {
        this.failures += 1;
        this.timer = setTimeout(() => void this.send(), WAITS[Math.min(this.failures, WAITS.length) - 1]);
        this.told.changed(this.letters.length, true);
        return;
      }
      this.failures = 0;
      this.drop(letter);
      this.told.refused(letter, error);
    } finally {
      this.sending = false;
    }
    void this.send();
  }

  /** @param {Letter} letter */
  drop(letter) {
    this.letters = this.letters.filter((one) => one.key !== letter.key);
    this.keep();
  }

  keep() {
    if (this.letters.length) localStorage.setItem(this.name, JSON.stringify(this.letters));
    else localStorage.removeItem(this.name);
    this.told.changed(this.letters.length, this.failures > 0);
  }
}

/**
 * The sitting of this window: kept when it is loaded again, another one in a copy of the window.
 * @returns {Promise<string>}
 */
export async function sittingOf() {
  const kept = sessionStorage.getItem("idiolect.sitting");
  if (kept && (await lockOf(kept, true))) return kept;
  const made = newKey();
  sessionStorage.setItem("idiolect.sitting", made);
  await lockOf(made, true);
  return made;
}

/** @returns {string} 32 hex digits that nobody else has */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Whether no other window has this sitting. Browsers have locks only on this machine or behind TLS; without them, a window trusts.
 * @param {string} sitting
 * @param {boolean} hold it for as long as this window is open
 * @returns {Promise<boolean>}
 */
function lockOf(sitting, hold) {
  if (!navigator.locks) return Promise.resolve(hold);
  return new Promise((resolve) => {
    void navigator.locks.request(PREFIX + sitting, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && hold ? new Promise(() => {}) : undefined;
    });
  });
}

/**
 * @param {string} name
 * @returns {Letter[]}
 */
function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "[]");
  } catch {
    return [];
  }
}
