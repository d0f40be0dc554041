// What was said and heard, turn by turn: text while it comes, meaning, the sound again, and a correction that is kept.

import { post } from "./api.js";
import { $, data, el } from "./dom.js";
import { tell, tellError } from "./tell.js";
import { wavOf } from "./wav.js";
import { t } from "./words.js";


/** @typedef {import("./live.js").Final} Final */

const consent = data().consent;
let speaker = data().speaker;
let agreed = false;
const player = new Audio();

/** The list of turns, the newest last. */
export class Turns {
  /** @param {HTMLOListElement} list */
  constructor(list) {
    this.list = list;
    /** @type {Map<string, HTMLLIElement>} */
    this.items = new Map();
  }

  clear() {
    this.list.replaceChildren();
    this.items.clear();
  }

  /** @param {string} item */
  start(item) {
    const row = el("li", { class: "turn" }, el("p", { class: "said" }, el("span", { class: "muted" }, t("listening …"))));
    this.items.set(item, row);
    this.list.append(row);
    row.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} item
   * @param {string} kept words that stay
   * @param {string} rest words that may change
   */
  partial(item, kept, rest) {
    const row = this.items.get(item);
    if (row) $(".said", row).replaceChildren(kept, el("span", { class: "muted" }, rest));
  }

  /**
   * @param {string} item
   * @param {string} message
   */
  fail(item, message) {
    const row = this.items.get(item);
    row?.replaceChildren(el("p", { class: "note bad" }, message));
  }

  /** @param {Final} final */
  final(final) {
    if (!this.items.has(final.item)) this.start(final.item);
    const row = /** @type {HTMLLIElement} */ (this.items.get(final.item));
    const text = final.transcript || t("(nothing was heard)");
    const facts = el("p", { class: "facts muted small" });
    if (final.confidence !== null) facts.append(el("span", {}, t("{percent} % sure", { percent: Math.round(100 * final.confidence) })));
    if (final.after !== null) facts.append(el("span", {}, t("{seconds} s after the last word", { seconds: final.after.toFixed(1) })));
    facts.append(el("span", { class: "mono" }, final.model));
    row.replaceChildren(el("p", { class: final.transcript ? "said" : "said muted" }, text), ...meaning(final), facts);
    row.append(actions(final, row));
  }
}

/**
 * @param {Final} final
 * @returns {HTMLElement[]}
 */
function meaning(final) {
  if (final.intent === undefined) return [];
  if (final.intent === null) return [el("p", {}, el("span", { class: "badge warn" }, t("not in the task")))];
  const json = JSON.stringify({ intent: final.intent, slots: final.slots }, null, 2);
  return [el("pre", { class: "json mono", tabindex: "0", "aria-label": t("What it means, as JSON") }, json)];
}

/**
 * @param {Final} final
 * @param {HTMLLIElement} row
 * @returns {HTMLElement}
 */
function actions(final, row) {
  const play = el("button", { class: "button quiet", type: "button", onclick: () => again(final) }, el("span", { "aria-hidden": "true" }, "▶"), t("Play"));
  const wrong = el("button", { class: "button quiet", type: "button", "aria-expanded": "false" }, t("Correct …"));
  const all = el("div", { class: "row actions" }, play, wrong);
  wrong.addEventListener("click", () => {
    const open = row.querySelector("form");
    if (open) open.remove();
    else row.append(correction(final, row, all));
    wrong.setAttribute("aria-expanded", String(!open));
  });
  return all;
}

/** @param {Final} final */
function again(final) {
  const pcm = final.pcm();
  if (!pcm) return tell(t("This was too long ago to be heard again."));
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(wavOf(pcm, final.rate));
  return player.play();
}

/**
 * The form that keeps a turn: with the right text, or for the review queue.
 * @param {Final} final
 * @param {HTMLLIElement} row
 * @param {HTMLElement} instead what goes once it is kept
 * @returns {HTMLFormElement}
 */
function correction(final, row, instead) {
  const text = el("textarea", { name: "text", rows: "2", id: `${final.item}-text` });
  text.value = final.transcript;
  const who = el("input", { name: "speaker", required: true, maxlength: "80", id: `${final.item}-speaker`, autocomplete: "off" });
  who.value = speaker;
  const yes = el("input", { type: "checkbox", required: true, id: `${final.item}-agreed` });
  yes.checked = agreed;
  const save = el("button", { class: "button primary", type: "submit", value: "label" }, t("Save the text"));
  const queue = el("button", { class: "button", type: "submit", value: "queue" }, t("Review later"));
  const form = el(
    "form",
    { class: "correction stack" },
    el("div", { class: "field" }, el("label", { for: text.id }, t("What was really said")), text),
    el("div", { class: "field who" }, el("label", { for: who.id }, t("Who spoke")), who),
    el("label", { class: "check", for: yes.id }, yes, el("span", {}, t("The speaker agrees:"), " ", consent)),
    el("div", { class: "row" }, save, queue, el("span", { class: "muted small" }, t("The sound becomes a clip of this project. Nothing leaves this machine."))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    [speaker, agreed] = [who.value, yes.checked];
    const later = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter)?.value === "queue";
    void keep(final, later ? null : text.value, [save, queue]).then((kept) => kept && done(row, form, instead, later));
  });
  setTimeout(() => text.focus());
  return form;
}

/**
 * @param {Final} final
 * @param {string | null} text
 * @param {HTMLButtonElement[]} buttons
 * @returns {Promise<boolean>}
 */
async function keep(final, text, buttons) {
  const pcm = final.pcm();
  if (!pcm) {
    tell(t("This was too long ago to be heard again."));
    return false;
  }
  for (const button of buttons) button.disabled = true;
  try {
    const { model: alias, engine, version, transcript: heard, confidence, rate } = final;
    await post("/api/serve/keep", { pcm: base64(pcm), rate: Math.round(rate), speaker, agreed, alias, engine, version, heard, confidence, text });
    return true;
  } catch (error) {
    tellError(error);
    return false;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/**
 * @param {HTMLLIElement} row
 * @param {HTMLFormElement} form
 * @param {HTMLElement} instead
 * @param {boolean} later
 */
function done(row, form, instead, later) {
  form.remove();
  const said = later ? t("kept for review") : t("kept with your text");
  instead.replaceChildren(el("span", { class: "badge good" }, said), later ? el("a", { href: "/review" }, t("Review")) : "");
  tell(t("The clip is in the project."), { kind: "good" });
  row.tabIndex = -1;
  row.focus();
}

/**
 * @param {Int16Array} pcm
 * @returns {string}
 */
function base64(pcm) {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
