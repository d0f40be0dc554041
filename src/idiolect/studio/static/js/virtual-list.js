// A list of any length: only the rows in view are elements, and only their parts are asked for.

import { el } from "./dom.js";

const TALLEST = 8_000_000; // px; Firefox stops at 17.8 million, Chromium at 33.5
const PART = 40; // rows of one request: some two views, so that little is waited for
const KEPT = 150; // parts
const AROUND = 6; // rows drawn above and below the view
const AT_ONCE = 2; // requests under way

/**
 * @typedef {object} Options
 * @property {(start: number, limit: number) => Promise<any[]>} fetch rows from a place on, counted from 0
 * @property {(element: HTMLElement, row: any, place: number) => void} draw fill the element of a row; row is undefined while it is awaited
 */

export class VirtualList {
  /**
   * @param {HTMLElement} box scrolls; its rows are as high as its custom property --row says, in px
   * @param {Options} options
   */
  constructor(box, options) {
    this.box = box;
    this.options = options;
    this.count = 0;
    this.top = 0; // px from the first row to the top of the view, were the list as tall as all its rows
    this.rowHeight = 44;
    /** @type {Map<number, any[]>} */
    this.parts = new Map();
    /** @type {Set<number>} */
    this.asked = new Set();
    this.turn = 0; // grows with each new list, so that late answers of the one before are dropped
    this.lastAt = 0;
    this.settling = 0;
    this.drawn = "";
    this.spacer = el("div", { class: "spacer", role: "presentation" });
    this.rows = el("div", { class: "rows", role: "rowgroup" });
    box.append(this.spacer, this.rows);
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(box);
  }

  /** Px of all rows, were there no limit. */
  get height() {
    return this.count * this.rowHeight;
  }

  /** Px that the box really scrolls over. */
  get tall() {
    return Math.min(this.height, TALLEST);
  }

  /**
   * Show another list.
   * @param {any[]} first its first rows, a part or all of them; `resize` says how many there are
   */
  reset(first) {
    this.turn += 1;
    this.count = first.length;
    this.top = 0;
    this.parts.clear();
    this.asked.clear();
    this.parts.set(0, first.slice(0, PART));
    this.measure();
  }

  /**
   * The same list has so many rows.
   * @param {number} count
   */
  resize(count) {
    if (count > this.count && this.count < PART) this.parts.delete(0); // more have come since its first rows
    this.count = count;
    this.measure();
  }

  /** Ask again for what is in view: the rows have changed, their places have not. */
  refresh() {
    this.turn += 1;
    this.asked.clear();
    const [first, last] = this.inView();
    for (const part of [...this.parts.keys()]) {
      if (part < Math.floor(first / PART) || part > Math.floor(last / PART)) this.parts.delete(part);
    }
    const shown = [...this.parts.keys()];
    for (const part of shown) this.ask(part);
  }

  /** Take the height of rows from the style, and that of the list from them. */
  measure() {
    const place = this.top / this.rowHeight;
    this.rowHeight = Number.parseFloat(getComputedStyle(this.box).getPropertyValue("--row")) || 44;
    this.top = place * this.rowHeight;
    this.spacer.style.height = `${this.tall}px`;
    this.anchor();
    this.draw(true);
  }

  /** What the scroll bar says, and where the view is, brought together without moving the rows. */
  anchor() {
    const room = this.tall - this.box.clientHeight;
    const full = this.height - this.box.clientHeight;
    this.top = Math.max(0, Math.min(this.top, full));
    this.box.scrollTop = full > 0 ? (this.top / full) * room : 0;
    this.lastAt = this.box.scrollTop;
  }

  scrolled() {
    const at = this.box.scrollTop;
    const moved = at - this.lastAt;
    this.lastAt = at;
    const view = this.box.clientHeight;
    const room = this.tall - view;
    const full = this.height - view;
    if (this.height <= TALLEST) {
      this.top = at;
    } else if (Math.abs(moved) < 2 * view) {
      this.top = Math.max(0, Math.min(this.top + moved, full)); // a wheel, a finger: to the pixel
      if ((at <= 0 && this.top > 0) || (at >= room && this.top < full)) this.anchor();
    } else {
      this.top = (at / room) * full; // the bar was dragged
    }
    this.draw(false);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.height > TALLEST) {
        this.anchor();
        this.draw(true);
      }
    }, 200);
  }

  /** @returns {[number, number]} the first and the last place in view */
  inView() {
    const first = Math.max(0, Math.floor(this.top / this.rowHeight));
    const last = Math.min(this.count - 1, Math.floor((this.top + this.box.clientHeight) / this.rowHeight));
    return [first, last];
  }

  /**
   * The row at a place, where it is known.
   * @param {number} place
   */
  at(place) {
    return this.parts.get(Math.floor(place / PART))?.[place % PART];
  }

  /**
   * The row at a place, asked for where it is not known.
   * @param {number} place
   */
  async wait(place) {
    if (this.at(place) === undefined) await this.ask(Math.floor(place / PART));
    return this.at(place);
  }

  /**
   * Bring a place into view.
   * @param {number} place
   */
  reveal(place) {
    const from = place * this.rowHeight;
    const view = this.box.clientHeight;
    if (from < this.top) this.top = from;
    else if (from + this.rowHeight > this.top + view) this.top = from + this.rowHeight - view;
    else return;
    this.anchor();
    this.draw(false);
  }

  /** @param {boolean} again also where the same rows are in view */
  draw(again) {
    const [first, last] = this.inView();
    const from = Math.max(0, first - AROUND);
    const to = Math.min(this.count - 1, last + AROUND);
    this.rows.style.transform = `translateY(${from * this.rowHeight - this.top + this.box.scrollTop}px)`;
    this.need(first, last);
    const name = `${from} ${to}`;
    if (!again && name === this.drawn) return;
    this.drawn = name;
    const many = Math.max(0, to - from + 1);
    while (this.rows.childElementCount > many) this.rows.lastElementChild?.remove();
    while (this.rows.childElementCount < many) this.rows.append(el("div", { role: "row" }));
    for (let place = from; place <= to; place += 1) {
      this.options.draw(/** @type {HTMLElement} */ (this.rows.children[place - from]), this.at(place), place);
    }
  }

  /** @param {number} first @param {number} last */
  need(first, last) {
    if (!this.count) return;
    const [low, high, end] = [first, last, this.count - 1].map((place) => Math.floor(place / PART));
    const missing = (/** @type {number} */ part) => part >= 0 && part <= end && !this.parts.has(part) && !this.asked.has(part);
    const view = [];
    for (let part = low; part <= high; part += 1) if (!this.parts.has(part)) view.push(part);
    // What lies around the view is asked for when the view is there.
    const wanted = view.length ? view : [high + 1, low - 1];
    for (const part of wanted) {
      if (missing(part) && this.asked.size < AT_ONCE) void this.ask(part);
    }
  }

  /** @param {number} part */
  async ask(part) {
    const turn = this.turn;
    this.asked.add(part);
    try {
      const rows = await this.options.fetch(part * PART, PART);
      if (turn !== this.turn) return;
      this.parts.delete(part);
      this.parts.set(part, rows);
      for (const old of this.parts.keys()) {
        if (this.parts.size <= KEPT) break;
        this.parts.delete(old);
      }
    } finally {
      if (turn === this.turn) this.asked.delete(part);
    }
    this.draw(true);
  }
}
