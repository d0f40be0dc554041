// Clips that are chosen, what is done to all of them, and taking it back.

import { get, post } from "./api.js";
import { $, all, el } from "./dom.js";
import { grouped, moment } from "./numbers.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * @typedef {object} BulkOptions
 * @property {() => {q: string, listing: number, count: number}} all what is found
 * @property {() => void} changed what is chosen is another
 * @property {() => unknown} done something was done to clips
 */

export class Bulk {
  /** @param {BulkOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {Set<string>} chosen; where `whole` is set: those that are not */
    this.ids = new Set();
    this.whole = false;
    for (const button of all("#bulk [data-what]")) {
      button.addEventListener("click", () => this.act(button.dataset.what ?? "", button.dataset.value ?? ""));
    }
    $("#tag").addEventListener("click", () => this.name("tag"));
    $("#untag").addEventListener("click", () => this.name("untag"));
    $("#all").addEventListener("click", () => this.everything());
    $("#none").addEventListener("click", () => this.clear());
    $("#travel").addEventListener("change", (event) => {
      const select = /** @type {HTMLSelectElement} */ (event.target);
      if (select.value) void this.act("sensitivity", select.value);
      select.value = "";
    });
    $("#history").addEventListener("click", () => this.history());
  }

  /** How many. */
  get size() {
    return this.whole ? this.options.all().count - this.ids.size : this.ids.size;
  }

  /** @param {string} id */
  has(id) {
    return this.whole !== this.ids.has(id);
  }

  /** @param {string} id */
  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.show();
  }

  /** @param {string[]} ids choose these beside what is chosen */
  choose(ids) {
    for (const id of ids) {
      if (this.whole) this.ids.delete(id);
      else this.ids.add(id);
    }
    this.show();
  }

  everything() {
    this.whole = true;
    this.ids.clear();
    this.show();
  }

  clear() {
    this.whole = false;
    this.ids.clear();
    this.show();
  }

  show() {
    $("#chosen").textContent = grouped(this.size);
    $("#bulk").hidden = this.size === 0;
    this.options.changed();
  }

  /**
   * Do something to what is chosen, or to the given clips.
   * @param {string} what
   * @param {string} value
   * @param {{ids: string[]}} [given]
   */
  async act(what, value, given) {
    const { q, listing } = this.options.all();
    const chosen = given ?? { everything: this.whole, ids: [...this.ids] };
    try {
      const done = await post("/api/find/act", { what, value, q, listing, ...chosen });
      const said = done.clips ? t("{n} clips: {what}", { n: done.clips, what: wordsFor(what, value) }) : t("They were so already: nothing changed.");
      tell(said, { kind: done.clips ? "good" : "plain", undo: done.clips ? () => this.undo(done.action) : undefined });
      await this.options.done();
    } catch (error) {
      tellError(error);
    }
  }

  /** @param {number} action */
  async undo(action) {
    try {
      const done = await post("/api/find/undo", { action });
      tell(t("Taken back for {n} clips.", { n: done.clips }), { kind: "good" });
      await this.options.done();
    } catch (error) {
      tellError(error);
    }
  }

  /**
   * Ask for the name of a tag.
   * @param {"tag" | "untag"} what
   */
  async name(what) {
    const known = await get("/api/find/values?field=tag");
    const title = what === "tag" ? t("Tag {n} clips", { n: this.size }) : t("Take a tag off {n} clips", { n: this.size });
    const field = el("input", { id: "tag-name", list: "tag-names", maxlength: 40, autocomplete: "off", required: true });
    const form = el("form", { class: "stack", method: "dialog" }, el("h2", { id: "tag-title" }, title));
    const names = el("datalist", { id: "tag-names" });
    for (const one of known) names.append(el("option", { value: one }));
    form.append(el("div", { class: "field" }, el("label", { for: "tag-name" }, t("Tag")), field, names, el("span", { class: "hint" }, t("Any word or two of yours: noisy bar, retake, accent"))));
    form.append(el("div", { class: "row" }, el("button", { class: "button primary" }, what === "tag" ? t("Tag") : t("Take off")), closing()));
    const dialog = opened(form, "tag-title");
    form.addEventListener("submit", () => this.act(what, field.value));
    field.focus();
    return dialog;
  }

  /** What was done before, each with a way back. */
  async history() {
    const rows = await get("/api/find/actions");
    const part = el("div", { class: "stack" }, el("h2", { id: "history-title" }, t("Earlier actions")));
    const lines = el("ul", { class: "deeds" });
    for (const one of rows) {
      const when = moment(one.at);
      const line = el("li", {}, el("span", {}, el("strong", {}, wordsFor(one.what, one.value)), ` · ${t("{n} clips", { n: one.clips })}`, el("span", { class: "muted small" }, ` · ${one.person}, ${when}`)));
      if (one.undone) line.append(el("span", { class: "badge" }, t("taken back")));
      else if (one.clips) line.append(el("button", { class: "button", type: "button", onclick: () => (dialog.close(), this.undo(one.id)) }, t("Undo")));
      lines.append(line);
    }
    part.append(rows.length ? lines : el("p", { class: "muted" }, t("Nothing was done to many clips at once yet. Choose some with X, and a bar of actions appears.")), el("div", { class: "row" }, closing()));
    const dialog = opened(part, "history-title");
    $("button", dialog).focus();
  }
}

/** @param {string} what @param {string} value */
function wordsFor(what, value) {
  if (what === "sensitivity") return t("may travel: {value}", { value: t(value) });
  if (what === "mark" || what === "unmark") return what === "mark" ? t("marked unsure") : t("no longer marked unsure");
  if (what === "noise" || what === "unnoise") return what === "noise" ? t("nobody speaks") : t("taken back that nobody speaks");
  if (what === "queue" || what === "unqueue") return what === "queue" ? t("first in the review") : t("no longer first in the review");
  return what === "tag" ? t("tagged {value}", { value }) : t("no longer tagged {value}", { value });
}

function closing() {
  return el("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).closest("dialog")?.close() }, t("Close"));
}

/** @param {HTMLElement} content @param {string} title the id of its heading */
function opened(content, title) {
  const dialog = el("dialog", { "aria-labelledby": title }, content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
