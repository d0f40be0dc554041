// What to read: a source, the prompts that come next, and those that were skipped or wait to be stored.

import { post } from "./api.js";
import { t } from "./words.js";

/** @typedef {{text: string, source: string, terms: string[], phones: string[], diphones: string[]}} Prompt */

const AHEAD = 8; // prompts that are here before they are needed
const FEW = 3;

export const FREE = "free";

export class Reading {
  /** @param {(coverage: any) => void} onCoverage */
  constructor(onCoverage) {
    this.onCoverage = onCoverage;
    this.speaker = "";
    this.source = FREE;
    /** @type {Prompt[]} */
    this.queue = [];
    /** @type {string[]} texts that are skipped */
    this.skipped = [];
    /** @type {string[]} texts that were read, and that the server may not have yet */
    this.sent = [];
    this.asked = 0;
  }

  /** @returns {Prompt | null} null: nothing to read, or free speech */
  get current() {
    return this.queue[0] ?? null;
  }

  /**
   * Begin with a source, for a speaker.
   * @param {string} speaker
   * @param {string} source
   */
  async open(speaker, source) {
    Object.assign(this, { speaker, source, queue: [], skipped: [] });
    await this.more();
  }

  /** Ask for more prompts and for what is covered. */
  async more() {
    const asked = ++this.asked;
    const free = this.source === FREE;
    const without = [...this.skipped, ...this.sent, ...this.queue.map((one) => one.text)];
    const answer = await post("/api/record/prompts", { speaker: this.speaker, source: free ? "everyday" : this.source, count: free ? 0 : AHEAD, without });
    if (asked !== this.asked) return; // another source was chosen meanwhile
    this.queue.push(...(free ? [] : answer.prompts));
    this.onCoverage(answer.coverage);
  }

  /** The current prompt was read: the next one. */
  async read() {
    const done = this.queue.shift();
    if (done) this.sent.push(done.text);
    if (this.source !== FREE && this.queue.length < FEW) await this.more();
  }

  /** Not this one, not now. */
  async skip() {
    const done = this.queue.shift();
    if (done) this.skipped.push(done.text);
    if (this.source !== FREE && this.queue.length < FEW) await this.more();
  }
}

/**
 * What a prompt adds, in words.
 * @param {Prompt} prompt
 * @returns {string}
 */
export function addsText({ terms, phones, diphones }) {
  if (terms.length) return t("New: {terms}", { terms: terms.slice(0, 6).join(", ") });
  if (phones.length) return t("New sounds: {n}", { n: phones.length });
  if (diphones.length) return t("New pairs of sounds: {n}", { n: diphones.length });
  return t("Nothing new in it; saying things again helps too.");
}
