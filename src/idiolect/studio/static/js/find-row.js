// One row of the list of clips.

import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * @typedef {object} Place
 * @property {number} place
 * @property {boolean} current
 * @property {boolean} chosen
 */

/**
 * Fill the element of a row.
 * @param {HTMLElement} element
 * @param {any} row a clip; undefined while it is awaited
 * @param {Place} where
 */
export function drawRow(element, row, { place, current, chosen }) {
  element.id = `row-${place}`;
  element.dataset.place = String(place);
  element.className = `${current ? "current " : ""}${row ? "" : "waiting"}`;
  element.setAttribute("aria-rowindex", String(place + 1));
  element.setAttribute("aria-selected", String(chosen));
  if (!row) {
    element.replaceChildren(cell("wait", "…"));
    return;
  }
  element.replaceChildren(
    cell("pick", el("span", { class: "tick", "aria-hidden": "true" }, chosen ? "✓" : ""), chosen && el("span", { class: "visually-hidden" }, t("chosen"))),
    cell("hear", el("span", { "aria-hidden": "true" }, "▶")),
    said(row),
    cell("who", row.speaker ?? "–"),
    cell("number", `${row.duration.toFixed(1)} s`),
    cell("number snr", row.snr === null ? "–" : `${Math.round(row.snr)} dB`),
    sure(row),
    badges(row),
  );
}

/** @param {string} name @param {...(Node | string | false | null)} children */
function cell(name, ...children) {
  return el("div", { role: "gridcell", class: name }, ...children);
}

/** @param {any} row */
function said(row) {
  if (row.text === null) return cell("said", el("em", { class: "muted" }, t("no label yet")));
  if (!row.text.trim()) return cell("said", el("em", { class: "muted" }, t("nobody speaks")));
  return cell("said", el("span", { title: row.text }, row.text));
}

/** @param {any} row */
function sure(row) {
  if (row.reviewed) return cell("sure", el("span", { class: "badge good" }, t("reviewed")));
  if (row.confidence === null) return cell("sure", "–");
  const percent = Math.round(100 * row.confidence);
  const kind = percent >= 80 ? "" : percent >= 50 ? " middling" : " low";
  return cell("sure", el("meter", { min: 0, max: 1, value: row.confidence, class: `thin${kind}`, "aria-hidden": "true" }), el("span", { class: "number" }, `${percent} %`));
}

/** @param {any} row */
function badges(row) {
  const shown = cell("badges");
  if (row.disagreement) shown.append(el("span", { class: "badge warn", title: t("Engines differ on this share of the words") }, `≠ ${Math.round(100 * row.disagreement)} %`));
  if (row.split) shown.append(el("span", { class: "badge" }, row.split));
  for (const mark of row.marks) if (mark !== "private") shown.append(el("span", { class: "badge warn" }, t(mark)));
  for (const tag of row.tags.slice(0, 2)) shown.append(el("span", { class: "badge tag" }, tag));
  if (row.tags.length > 2) shown.append(el("span", { class: "badge" }, `+${row.tags.length - 2}`));
  return shown;
}
