// The form that freezes, and what would be frozen.

import { post } from "./api.js";
import { $, el } from "./dom.js";
import { duration } from "./numbers.js";
import "./player.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/** @typedef {"train" | "dev" | "test"} Split */
/** @typedef {{clips: number, seconds: number}} Amount */
/** @typedef {[string, Partial<Record<Split, Amount>>]} Row */

const SPLITS = /** @type {Split[]} */ (["train", "dev", "test"]);
const form = /** @type {HTMLFormElement} */ ($("#freeze"));
let asked = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** What the form says, as the server takes it. */
function chosen() {
  const said = new FormData(form);
  /** @param {string} name */
  const number = (name) => (said.get(name) ? Number(said.get(name)) : null);
  return {
    name: String(said.get("name") ?? "").trim(),
    group_by: said.get("group_by") || null,
    dev: number("dev"),
    test: number("test"),
    min_confidence: Number(said.get("min_confidence")),
    speakers: said.getAll("speakers"),
    engines: said.getAll("engines"),
    collections: said.getAll("collections"),
    include_silver: said.has("include_silver"),
  };
}

async function look() {
  const mine = ++asked;
  $("#now").setAttribute("aria-busy", "true");
  try {
    const found = await post("/api/datasets/preview", chosen());
    if (mine === asked) draw(found);
  } catch (error) {
    if (mine === asked) tellError(error);
  }
  if (mine === asked) $("#now").setAttribute("aria-busy", "false");
}

/** @param {any} found */
function draw(found) {
  const { splits, speakers, sources } = found.account;
  const about = { train: t("teaches"), dev: t("chooses among the weights"), test: t("gives the score") };
  const sides = SPLITS.map((split) =>
    el(
      "li",
      {},
      el("span", { class: "small muted" }, el("span", { class: `key ${split}` }), `${split}: ${about[split]}`),
      el("span", { class: "big number" }, duration(splits[split].seconds)),
      el("span", { class: "small muted" }, many(splits[split].clips)),
    ),
  );
  /** @type {Element[]} */
  const parts = [el("ul", { class: "sides" }, ...sides), bar(splits)];
  parts.push(...warnings(found));
  parts.push(el("h3", {}, t("Left out")), leftOut(found));
  if (speakers.length || sources.length) parts.push(el("div", { class: "halves" }, table(t("Speaker"), speakers), table(t("Label by"), sources)));
  $("#preview").replaceChildren(...parts);
  const refused = found.problem || found.leaks.length;
  $("#go").toggleAttribute("disabled", Boolean(refused));
  $("#go-why").textContent = found.problem ? t("Nothing would train.") : found.leaks.length ? t("The leak check refuses this.") : "";
  $("#preview-said").textContent = SPLITS.map((split) => `${split}: ${many(splits[split].clips)}`).join(", ");
}

/** @param {any} found */
function warnings(found) {
  const { splits } = found.account;
  const said = [];
  if (found.problem) said.push(note("bad", t("Nothing can be frozen: no clip would train."), found.problem, el("p", {}, el("a", { href: "/import" }, t("Let a teacher label the clips")))));
  for (const leak of found.leaks) {
    const clips = Object.entries(leak.clips).flatMap(([split, ids]) => ids.map((/** @type {string} */ id) => clipLine(id, found.texts[id], split)));
    said.push(note("bad", t("{what} “{name}” would stand in {sides}", { what: t(leak.what), name: leak.name, sides: Object.keys(leak.clips).join(" + ") }), t("Give these clips one speaker or session, or keep something wider apart."), el("ul", { class: "clips" }, ...clips)));
  }
  if (!found.problem && !found.leaks.length) said.push(note("good", t("Nothing stands on two sides."), t("Checked: recordings, identical audio, read sentences, and what is kept apart: {group}.", { group: t(found.group_by) })));
  if (!found.problem && !splits.test.clips) said.push(note("warn", t("Nothing would test: a score needs clips that people confirmed."), "", el("a", { href: "/review" }, t("Review some"))));
  const known = /** @type {Row[]} */ (found.account.speakers);
  if (known.some(([name, sides]) => name && sides.train && sides.test)) said.push(note("warn", t("The same people are in train and in test: a score says how well these people are understood, not strangers."), ""));
  const unknown = known.find(([name]) => !name);
  if (unknown) said.push(note("warn", t("{n} clips have no named speaker: the same voice may stand on both sides.", { n: Object.values(unknown[1]).reduce((sum, side) => sum + side.clips, 0) }), t("idiolect voices finds who is who.")));
  if (!found.problem && !splits.dev.clips) said.push(note("warn", t("Nothing would choose among the weights: the last ones are taken."), ""));
  return said;
}

/**
 * @param {string} kind
 * @param {string} text
 * @param {string} more
 * @param {...Node} parts
 */
function note(kind, text, more, ...parts) {
  return el("div", { class: `note ${kind} stack tight` }, el("p", {}, el("strong", {}, text), more && ` ${more}`), ...parts);
}

/** @param {number} clips */
function many(clips) {
  return clips === 1 ? t("1 clip") : t("{n} clips", { n: clips });
}

/** @param {any} found */
function leftOut(found) {
  const reasons = Object.entries(found.left_out);
  if (!reasons.length) return el("p", { class: "muted" }, t("Nothing: every clip would be in it."));
  const list = el("div", { class: "stack tight" });
  for (const [reason, { count, clips }] of reasons) {
    const lines = clips.map((/** @type {string} */ id) => clipLine(id, found.texts[id], ""));
    if (count > clips.length) lines.push(el("li", { class: "small muted" }, t("and {n} more", { n: count - clips.length })));
    list.append(el("details", {}, el("summary", {}, `${many(count)}: ${t(reason)}`), el("ul", { class: "clips" }, ...lines)));
  }
  return list;
}

/**
 * @param {string} id
 * @param {string} text
 * @param {string} split
 */
function clipLine(id, text, split) {
  const play = el("button", { class: "button quiet", type: "button", "data-play": id, "aria-label": t("Play {clip}", { clip: id.slice(0, 8) }) }, "▶");
  return el("li", {}, play, split && el("span", { class: "badge" }, split), el("span", { class: "clip-text" }, text || t("(no text)")), el("span", { class: "mono small muted" }, id.slice(0, 8)));
}

/**
 * How the sides share the time, as a drawing; the numbers stand above it.
 * @param {Record<Split, Amount>} splits
 */
function bar(splits) {
  const NS = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(NS, "svg");
  drawing.setAttribute("class", "bar");
  drawing.setAttribute("aria-hidden", "true");
  const whole = SPLITS.reduce((sum, split) => sum + splits[split].seconds, 0) || 1;
  let from = 0;
  for (const split of SPLITS) {
    const share = (100 * splits[split].seconds) / whole;
    const part = document.createElementNS(NS, "rect");
    for (const [name, value] of Object.entries({ class: split, x: `${from}%`, width: `${Math.max(0, share - 0.3)}%`, height: "100%" })) part.setAttribute(name, value);
    drawing.append(part);
    from += share;
  }
  return drawing;
}

/**
 * @param {string} title
 * @param {Row[]} rows
 */
function table(title, rows) {
  const head = el("tr", {}, el("th", { scope: "col" }, title), ...SPLITS.map((split) => el("th", { scope: "col", class: "number" }, split)), el("th", { scope: "col", class: "number" }, t("Together")));
  const body = rows.map(([name, sides]) => {
    const seconds = Object.values(sides).reduce((sum, side) => sum + side.seconds, 0);
    const kind = name.split(" ")[0];
    const shown = ["human", "engine", "synthesis"].includes(kind) ? [el("span", { class: kind === "human" ? "badge good" : "badge" }, t(kind)), ` ${name.slice(kind.length + 1)}`] : [name || t("not named")];
    return el("tr", {}, el("th", { scope: "row", class: "clip-text" }, ...shown), ...SPLITS.map((split) => el("td", { class: "number" }, sides[split]?.clips ?? "–")), el("td", { class: "number" }, duration(seconds)));
  });
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, el("table", { class: "table" }, el("thead", {}, head), el("tbody", {}, ...body)));
}

form.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.id === "min_confidence") $("output", form).textContent = field.value;
  if (field.name === "name") return;
  clearTimeout(timer);
  timer = setTimeout(look, 300);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  $("#go").toggleAttribute("disabled", true);
  try {
    const made = await post("/api/datasets/freeze", chosen());
    sessionStorage.setItem("idiolect.frozen", made.new ? t("Frozen: {name}, {n} clips.", { name: made.name, n: made.clips }) : t("The same content is frozen already; it has the name {name} now, too.", { name: made.name }));
    location.reload();
  } catch (error) {
    tellError(error);
    $("#go").toggleAttribute("disabled", false);
  }
});

const frozen = sessionStorage.getItem("idiolect.frozen");
if (frozen) {
  sessionStorage.removeItem("idiolect.frozen");
  tell(frozen, { kind: "good" });
}
look();
