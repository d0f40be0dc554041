// What a speaker has recorded of what the prompts hold, as a picture: sounds, pairs of sounds, terms, minutes.

import { $, el } from "./dom.js";
import { t } from "./words.js";

const MANY = 8; // a sound that was said so often is drawn as full
const SHOWN = 12; // missing terms that are named

// A word for each sound: who records does not read ARPAbet.
const EXAMPLES = /** @type {Record<string, string>} */ ({
  AA: "hot", AE: "cat", AH: "cup", AO: "law", AW: "cow", AY: "my", B: "be", CH: "chip", D: "do", DH: "the", EH: "red", ER: "bird", EY: "day",
  F: "fan", G: "go", HH: "he", IH: "sit", IY: "see", JH: "joy", K: "key", L: "let", M: "me", N: "no", NG: "sing", OW: "go", OY: "boy", P: "pay",
  R: "run", S: "so", SH: "she", T: "to", TH: "thin", UH: "book", UW: "two", V: "van", W: "we", Y: "yes", Z: "zoo", ZH: "measure",
});

/**
 * @param {{phones: Record<string, number>, terms: Record<string, number>, diphones: {heard: number, all: number}, read: number, left: number, seconds: number}} covered
 */
export function drawCoverage(covered) {
  const phones = Object.entries(covered.phones);
  const heard = phones.filter(([, count]) => count > 0).length;
  const terms = Object.entries(covered.terms);
  const missing = terms.filter(([, count]) => !count).map(([term]) => term);
  $("#minutes").textContent = minutes(covered.seconds);
  $("#read").textContent = t("{read} read, {left} left", { read: covered.read, left: covered.left });
  share("#sounds", heard, phones.length);
  share("#pairs", covered.diphones.heard, covered.diphones.all);
  share("#terms", terms.length - missing.length, terms.length);
  $("#terms-part").hidden = !terms.length;
  $("#tiles").replaceChildren(...phones.map(([phone, count]) => tile(phone, count)));
  const named = missing.slice(0, SHOWN).map((term) => el("li", { class: "badge" }, term));
  if (missing.length > SHOWN) named.push(el("li", { class: "muted small" }, t("and {n} more", { n: missing.length - SHOWN })));
  $("#missing").replaceChildren(...named);
}

/**
 * @param {string} phone
 * @param {number} count
 */
function tile(phone, count) {
  const word = EXAMPLES[phone] ?? phone;
  const said = count ? t("{phone} as in “{word}”: said {n} times", { phone, word, n: count }) : t("{phone} as in “{word}”: not yet", { phone, word });
  const made = el("li", { class: count ? "tile" : "tile none", title: said }, el("span", { "aria-hidden": "true" }, phone), el("span", { class: "visually-hidden" }, said));
  made.style.setProperty("--full", String(Math.min(1, count / MANY)));
  return made;
}

/**
 * @param {string} selector
 * @param {number} have
 * @param {number} all
 */
function share(selector, have, all) {
  const place = $(selector);
  $("output", place).textContent = `${have} / ${all}`;
  const bar = /** @type {HTMLMeterElement} */ ($("meter", place));
  bar.max = Math.max(1, all);
  bar.value = have;
}

/**
 * @param {number} seconds
 * @returns {string}
 */
export function minutes(seconds) {
  return seconds < 60 ? t("{n} s", { n: Math.round(seconds) }) : t("{n} min", { n: (seconds / 60).toFixed(seconds < 600 ? 1 : 0) });
}
