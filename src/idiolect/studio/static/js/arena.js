// The blind arena: one pair after the other.

import { get, post } from "./api.js";
import { $, data, el } from "./dom.js";
import { keys } from "./keys.js";
import { tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * @typedef {{text: string, audio: string}} Side
 * @typedef {{match: string | null, kind?: string, sides?: [Side, Side], mine: number}} Shown
 * @typedef {{name: string, rating: number, low: number | null, high: number | null, wins: number, ties: number, losses: number}} Standing
 */

const { start, ...where } = data();
const place = $("#arena");
const standings = /** @type {HTMLDetailsElement} */ ($("#standings"));
/** @type {Shown} */
let shown = start;
let busy = false;
/** The match of the last vote, which can be taken back. */
let last = "";

/**
 * @param {string} address
 * @param {string} label
 */
const player = (address, label) => el("audio", { controls: true, preload: "auto", src: address, "aria-label": label });

function draw() {
  place.replaceChildren();
  place.setAttribute("aria-busy", "false");
  const count = el("p", { class: "muted small number" }, t("Your votes: {n}", { n: shown.mine }));
  if (last) count.append(" ", el("button", { class: "button quiet", type: "button", onclick: withdraw }, t("Undo"), " ", el("kbd", {}, "u")));
  if (!shown.match || !shown.sides) {
    place.append(el("section", { class: "empty" }, el("h2", {}, t("Nothing is left to vote on")), el("p", {}, t("You have seen every pair in which the two differ. Others can vote too: each person's votes count."))), count);
    return;
  }
  const [left, right] = shown.sides;
  if (shown.kind === "text") place.append(el("div", { class: "arena-sound" }, player(left.audio, t("What was said"))));
  else place.append(el("p", { class: "muted" }, left.text));
  const pair = el("div", { class: "side-by-side" });
  for (const [side, name, key, choice] of /** @type {[Side, string, string, string][]} */ ([
    [left, "A", "1", "first"],
    [right, "B", "2", "second"],
  ])) {
    pair.append(
      el(
        "article",
        { class: "contender", "aria-label": name },
        el("h2", { class: "muted" }, name),
        shown.kind === "text" ? el("p", {}, side.text || "–") : player(side.audio, name),
        el("button", { class: "button primary", type: "button", onclick: () => vote(choice) }, t("{name} is better", { name }), " ", el("kbd", {}, key)),
      ),
    );
  }
  place.append(
    pair,
    el("div", { class: "between" }, el("button", { class: "button", type: "button", onclick: () => vote("tie") }, t("Equally good"), " ", el("kbd", {}, "0")), count),
  );
}

/** @param {string} choice */
async function vote(choice) {
  if (busy || !shown.match) return;
  busy = true;
  const match = shown.match;
  try {
    shown = await post("/api/compare/arena", { ...where, match, choice });
    last = match;
    draw();
    if (standings.open) rank();
    const first = place.querySelector("audio");
    if (first) first.play().catch(() => {});
  } catch (error) {
    tellError(error);
  } finally {
    busy = false;
  }
}

/** Take the last vote back; its pair comes again. */
async function withdraw() {
  if (busy || !last) return;
  try {
    shown = await post("/api/compare/arena", { ...where, match: last, choice: "withdrawn" });
    last = "";
    draw();
    if (standings.open) rank();
  } catch (error) {
    tellError(error);
  }
}

async function rank() {
  const query = new URLSearchParams(where);
  /** @type {Standing[]} */
  const found = await get(`/api/compare/arena/standings?${query}`);
  const box = $("#ranking");
  if (!found.length) {
    box.replaceChildren(el("p", { class: "muted" }, t("Nobody has voted yet.")));
    return;
  }
  const ends = found.flatMap((one) => [one.low ?? one.rating, one.high ?? one.rating]);
  const low = Math.min(...ends, 900);
  const high = Math.max(...ends, 1100);
  const at = (/** @type {number} */ value) => `${(4 + (92 * (value - low)) / (high - low)).toFixed(2)}%`;
  const body = el("tbody");
  for (const one of found) {
    const drawn = svg("svg", { "aria-hidden": "true" }, svg("line", { class: "rule", x1: at(1000), x2: at(1000), y1: 0, y2: 18 }));
    if (one.low !== null && one.high !== null) drawn.append(svg("line", { class: "reach", x1: at(one.low), x2: at(one.high), y1: 9, y2: 9 }));
    drawn.append(svg("circle", { class: "dot", cx: at(one.rating), cy: 9, r: 5.5 }));
    const between = one.low === null ? "" : ` [${one.low}, ${one.high}]`;
    const cell = el("td");
    cell.append(drawn);
    body.append(
      el("tr", {}, el("th", { scope: "row" }, one.name), el("td", { class: "number" }, `${one.rating}`, el("span", { class: "muted small" }, between)), cell, el("td", { class: "number" }, `${one.wins} / ${one.ties} / ${one.losses}`)),
    );
  }
  const head = el("tr", {}, ...[t("Name"), t("Rating"), t("Interval"), t("Won, tied, lost")].map((name, place) => el("th", { scope: "col", class: place % 2 ? "number" : null }, name)));
  box.replaceChildren(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("Standings") }, el("table", { class: "table rank" }, el("thead", {}, head), body)));
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...Element} children
 */
function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

standings.addEventListener("toggle", () => standings.open && rank());
keys({
  group: t("Blind arena"),
  bindings: [
    { key: "1", label: t("{name} is better", { name: "A" }), run: () => vote("first") },
    { key: "2", label: t("{name} is better", { name: "B" }), run: () => vote("second") },
    { key: "0", label: t("Equally good"), run: () => vote("tie") },
    { key: "u", label: t("Undo"), run: withdraw },
    {
      key: "Space",
      label: t("Play or pause"),
      shown: t("Space"),
      run: () => {
        const sound = place.querySelector("audio");
        if (sound) sound.paused ? sound.play() : sound.pause();
      },
    },
  ],
});
draw();
