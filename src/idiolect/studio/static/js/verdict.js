// How good a take is, in words.

import { el } from "./dom.js";
import { t } from "./words.js";

/** @typedef {{good: boolean, advice: {fault: string, grave: boolean, value: number}[], quality: Record<string, number>}} Heard */

/**
 * @param {Heard} heard
 * @returns {HTMLElement}
 */
export function verdict({ good, advice, quality }) {
  const numbers = [t("peak {n} dB", { n: Math.round(quality.peak) })];
  if (quality.snr !== undefined) numbers.push(t("{n} dB above the noise", { n: Math.round(quality.snr) }));
  const kind = good ? (advice.length ? "warn" : "good") : "bad";
  const title = good ? (advice.length ? t("Good enough.") : t("Good.")) : t("Better once more.");
  const list = advice.map((one) => el("li", {}, adviceText(one.fault)));
  return el(
    "div",
    { class: `note ${kind}` },
    el("p", {}, el("strong", {}, title), " ", el("span", { class: "muted small number" }, numbers.join(" · "))),
    list.length > 0 && el("ul", {}, ...list),
  );
}

/**
 * @param {string} fault
 * @returns {string}
 */
function adviceText(fault) {
  if (fault === "silent") return t("The microphone gave nothing: is it muted, or held by another program?");
  if (fault === "nobody") return t("No speech is heard in it.");
  if (fault === "clipped") return t("It clips: speak from further away, or turn the microphone down.");
  if (fault === "quiet") return t("It is very quiet: come nearer, or turn the microphone up.");
  if (fault === "noisy") return t("There is much noise: close a window, turn off a fan, or come nearer.");
  if (fault === "cut-start") return t("The first word may be cut: press the key, then speak.");
  if (fault === "cut-end") return t("The last word may be cut: finish, then press the key.");
  return fault;
}
