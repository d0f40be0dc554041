// How a clip is written into the page: text, other texts, reasons, neighbours.

import { $, all, el } from "./dom.js";
import { inWords } from "./review-why.js";
import { t } from "./words.js";

/**
 * @typedef {object} Word
 * @property {string} word as it is written
 * @property {number} start seconds
 * @property {number} end
 * @property {number | null} confidence
 * @property {number | null} against share of other teachers who heard something else
 * @property {boolean} timed
 */
/** @typedef {{kind: "same" | "gone" | "new", text: string}} Piece */
/**
 * @typedef {object} Claim
 * @property {number} id
 * @property {string} source
 * @property {string} kind
 * @property {string} text
 * @property {number | null} confidence
 * @property {string} intent
 * @property {Record<string, string>} slots
 * @property {boolean} suggestion
 * @property {Piece[]} [pieces]
 */
/** @typedef {{id: string, duration: number, text: string, source: string, by_person: boolean}} Near */
/**
 * @typedef {object} View
 * @property {string} id
 * @property {number} duration
 * @property {number} start
 * @property {string} speaker
 * @property {string} recording
 * @property {string} collection
 * @property {string} sensitivity
 * @property {string} language
 * @property {Record<string, number>} quality
 * @property {string[]} why
 * @property {string} turn
 * @property {string} queue
 * @property {boolean} settles
 * @property {string[]} marks
 * @property {Claim | null} label
 * @property {string} text
 * @property {Word[]} words
 * @property {Claim[]} others
 * @property {Near | null} before
 * @property {Near | null} after
 */

const DOUBT = 0.6; // a word below it is marked as not sure
const AGAINST = 0.5; // half of the other teachers heard something else

/**
 * @param {Word} word
 * @returns {string} its classes
 */
export function markOf(word) {
  if (word.against !== null && word.against >= AGAINST) return "against";
  return word.confidence !== null && word.confidence < DOUBT ? "doubt" : "";
}

/**
 * @param {View} view
 * @param {(place: number) => void} hear
 */
export function showText(view, hear) {
  const line = $("#text");
  line.replaceChildren();
  line.classList.toggle("empty-text", !view.words.length);
  if (!view.words.length) {
    line.append(view.label ? t("(nobody speaks)") : t("No text yet: press e and type what you hear."));
  }
  view.words.forEach((word, place) => {
    const about = { against: t("others heard something else"), doubt: t("not sure"), "": "" }[markOf(word)];
    const button = el("button", { type: "button", class: markOf(word), tabindex: place ? -1 : 0, onclick: () => hear(place) }, word.word);
    if (about) button.append(el("span", { class: "visually-hidden" }, ` (${about})`));
    line.append(button);
  });
  const marks = new Set(view.words.map(markOf));
  $("#legend").hidden = !marks.has("doubt") && !marks.has("against");
  $(".doubt", $("#legend")).hidden = !marks.has("doubt");
  $(".against", $("#legend")).hidden = !marks.has("against");
}

/**
 * A text as what it changes in another.
 * @param {Piece[]} pieces
 * @returns {HTMLElement}
 */
export function difference(pieces) {
  const line = el("span", { class: "diff" });
  for (const { kind, text } of pieces) {
    if (kind === "same") line.append(text);
    else line.append(el(kind === "new" ? "ins" : "del", { class: kind === "new" ? "ins" : "del" }, text));
    line.append(" ");
  }
  if (!pieces.length) line.append(t("(nobody speaks)"));
  return line;
}

/**
 * @param {View} view
 * @param {(place: number) => void} take
 * @param {(place: number) => void} leave
 */
export function showOthers(view, take, leave) {
  const list = $("#others");
  list.replaceChildren();
  view.others.forEach((one, place) => {
    const who = el("span", { class: "who" }, named(one));
    if (one.suggestion) who.prepend(el("span", { class: "badge warn" }, t("suggestion")), " ");
    const button = el("button", { type: "button", class: "take", "aria-pressed": "false", onclick: () => take(place) }, el("kbd", { "aria-hidden": "true" }, place + 1), difference(one.pieces ?? []), who);
    const row = el("li", {}, button);
    if (one.suggestion) row.append(el("button", { type: "button", class: "button quiet leave", onclick: () => leave(place) }, t("Leave it")));
    list.append(row);
  });
  $("#no-others").hidden = view.others.length > 0;
}

/** @param {number} place of the text that is taken; -1: the first */
export function showTaken(place) {
  all("#others .take").forEach((button, number) => button.setAttribute("aria-pressed", String(number === place)));
}

/**
 * Who says it, and how sure.
 * @param {Claim} claim
 * @returns {string}
 */
function named(claim) {
  return claim.confidence === null ? claim.source : t("{source}, {sure} % sure", { source: claim.source, sure: Math.round(100 * claim.confidence) });
}

/** @param {View} view */
export function showFacts(view) {
  const parts = [view.speaker || t("unnamed voice"), view.recording, t("{n} s", { n: view.duration.toFixed(1) })];
  if (view.label) parts.push(named(view.label));
  $("#clip-title").textContent = parts.join(" · ");
  const badges = $("#badges");
  badges.replaceChildren();
  if (view.turn === "second") badges.append(el("span", { class: "badge warn" }, t("second opinion")));
  if (view.settles) badges.append(el("span", { class: "badge bad" }, t("you decide between them")));
  if (view.label?.intent) badges.append(el("span", { class: "badge mono meaning" }, meaning(view.label)));
  const snr = view.quality.snr;
  if (snr !== undefined && snr < 15) badges.append(el("span", { class: "badge" }, t("noisy: {n} dB", { n: Math.round(snr) })));
  if (view.marks.includes("unsure")) badges.append(el("span", { class: "badge warn" }, t("somebody was not sure")));
  if (view.marks.includes("private")) badges.append(el("span", { class: "badge bad" }, t("private")));
  const why = $("#why");
  why.replaceChildren(...view.why.map((reason) => el("li", {}, inWords(reason))));
}

/**
 * @param {Claim} claim
 * @returns {string}
 */
function meaning(claim) {
  const slots = Object.entries(claim.slots).map(([name, value]) => `${name}=${value}`);
  return [claim.intent, ...slots].join(" ");
}

/**
 * @param {View} view
 * @param {(near: Near) => void} hear
 */
export function showNear(view, hear) {
  const box = $("#near");
  box.replaceChildren();
  if (!view.before && !view.after) return box.append(el("p", { class: "muted small" }, t("The recording is this one clip.")));
  for (const [near, title, key] of /** @type {[Near | null, string, string][]} */ ([[view.before, t("before"), "["], [view.after, t("after"), "]"]])) {
    if (!near) {
      box.append(el("p", { class: "muted small" }, title === t("before") ? t("The recording begins here.") : t("The recording ends here.")));
      continue;
    }
    const button = el("button", { type: "button", class: "button", "aria-label": `${t("Hear the clip")} ${title}`, onclick: () => hear(near) }, el("span", { "aria-hidden": "true" }, "▶"), el("kbd", { "aria-hidden": "true" }, key));
    const who = el("span", { class: "who" }, `${title}, ${near.by_person ? t("reviewed by {name}", { name: near.source }) : near.source || t("no label yet")}`);
    box.append(el("div", { class: "near" }, button, el("p", {}, near.text || t("(nobody speaks)"), el("br"), who)));
  }
}

/** @param {any} progress of this sitting and of all; see labeling.showing.progress */
export function showProgress(progress) {
  $("#progress-row").hidden = false;
  $("#done").textContent = String(progress.sitting.answers);
  $("#saved").textContent = progress.sitting.saved.toFixed(1);
  $("#waiting").textContent = String(progress.waiting);
  $("#saved").title = t("Typing every word would have taken about {by} min; you took {took} min. All reviewers together saved {all} min.", {
    by: progress.sitting.by_hand.toFixed(1),
    took: progress.sitting.took.toFixed(1),
    all: progress.all.saved.toFixed(1),
  });
}
