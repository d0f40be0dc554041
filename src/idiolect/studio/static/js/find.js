// The page Find: the question, its conditions, the list, and what the keys do.

import { get } from "./api.js";
import { $, all, data, el } from "./dom.js";
import { Bulk } from "./find-bulk.js";
import { Builder } from "./find-builder.js";
import { ClipMap } from "./find-map.js";
import { Panel } from "./find-panel.js";
import { drawRow } from "./find-row.js";
import { keys } from "./keys.js";
import { grouped } from "./numbers.js";
import { tellError } from "./tell.js";
import { VirtualList } from "./virtual-list.js";
import { t } from "./words.js";

const given = data();
const field = /** @type {HTMLInputElement} */ ($("#q"));
const box = $("#list");
const state = { q: "", listing: 0, current: -1, counting: Promise.resolve() };

/** @param {number} start @param {number} limit */
async function rowsFrom(start, limit) {
  const { counting, q } = state;
  await counting;
  const asked = new URLSearchParams({ q, listing: String(state.listing), start: String(start), limit: String(limit) });
  const answer = await get(`/api/find?${asked}`);
  // After a restart of the studio the list is a new one, of the same question.
  if (q === state.q && answer.listing !== state.listing) counted(answer);
  return answer.clips;
}

/** @param {{listing: number, count: number}} answer all that fits */
function counted(answer) {
  state.listing = answer.listing;
  list.resize(answer.count);
  showCount(answer.count);
}

/** Count all that fits, and keep it as a list to be jumped in. */
async function count() {
  const { q } = state;
  const answer = await get(`/api/find?${new URLSearchParams({ q, limit: "0" })}`);
  if (q === state.q) counted(answer);
}

const list = new VirtualList(box, {
  fetch: (start, limit) => rowsFrom(start, limit),
  draw: (element, row, place) => drawRow(element, row, { place, current: place === state.current, chosen: row !== undefined && bulk.has(row.id) }),
});
const panel = new Panel($("#panel"), { pages: given.pages, act: (what, value, id) => bulk.act(what, value, { ids: [id] }) });
const bulk = new Bulk({
  all: () => ({ q: state.q, listing: state.listing, count: list.count }),
  changed: () => list.draw(true),
  done: async () => {
    list.refresh();
    await panel.refresh();
  },
});
const map = new ClipMap({ question: () => state.q, choose: (ids) => bulk.choose(ids), show: (id) => panel.show(id) });
new Builder(given.fields, (condition) => ask(`${state.q} ${condition}`.trim()));

/**
 * Answer a question: the list, the count, the conditions.
 * @param {string} text
 * @param {"push" | "replace" | "none"} [history_]
 */
async function ask(text, history_ = "push") {
  field.value = text;
  let answer;
  try {
    answer = await get(`/api/find/first?${new URLSearchParams({ q: text })}`);
  } catch (error) {
    const known = /** @type {import("./api.js").ApiError} */ (error);
    if (!known.status) throw error;
    wrong(t(known.message), t(known.hint));
    return;
  }
  wrong("", "");
  state.q = answer.q;
  const many = answer.clips.length;
  state.current = many ? 0 : -1;
  field.value = answer.q;
  const address = answer.q ? `/find?${new URLSearchParams({ q: answer.q })}` : "/find";
  if (history_ === "push") history.pushState(null, "", address);
  else if (history_ === "replace") history.replaceState(null, "", address);
  $("#count").textContent = "…";
  showConditions(answer.conditions);
  const sort = /** @type {HTMLSelectElement} */ ($("#sort"));
  sort.value = [...sort.options].some((one) => one.value === answer.sort) ? answer.sort : "number";
  bulk.clear();
  list.reset(answer.clips);
  $("#nothing").hidden = many > 0;
  box.hidden = many === 0;
  mark();
  state.counting = count();
  await state.counting;
  if (wide() && many) await panel.show(answer.clips[0].id);
  else if (!many) panel.close();
}

/** @param {string} message @param {string} hint */
function wrong(message, hint) {
  const said = $("#wrong");
  said.hidden = !message;
  said.replaceChildren(message, hint ? el("span", { class: "muted" }, ` ${hint}`) : "");
  if (message) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** @param {number} count */
function showCount(count) {
  $("#count").textContent = grouped(count);
  $("#of").textContent = count === 1 ? t("clip") : t("clips");
  box.setAttribute("aria-rowcount", String(count));
}

/** @param {string[]} conditions as they are typed */
function showConditions(conditions) {
  const chips = conditions.map((condition, index) => {
    const rest = conditions.filter((_, other) => other !== index);
    return el("button", { class: "chip mono", type: "button", "aria-label": t("Take away {condition}", { condition }), onclick: () => ask([...rest, order()].join(" ").trim()) }, condition, el("span", { "aria-hidden": "true" }, "×"));
  });
  $("#chips").replaceChildren(...chips);
  for (const one of all(".preset")) {
    const same = (one.dataset.query ?? "") === state.q;
    if (same) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

/** The order, as it is typed; nothing where it is that of import. */
function order() {
  return /(?:^|\s)(sort:\S+)$/.exec(state.q)?.[1] ?? "";
}

function wide() {
  return matchMedia("(min-width: 1100px)").matches;
}

/** Say which row is the current one. */
function mark() {
  if (state.current < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `row-${state.current}`);
  list.draw(true);
}

/**
 * Go to a place in the list.
 * @param {number} place
 * @param {boolean} [show] the clip beside it
 */
async function go(place, show = wide()) {
  if (!list.count) return;
  state.current = Math.max(0, Math.min(place, list.count - 1));
  list.reveal(state.current);
  mark();
  const here = state.current;
  const row = await list.wait(here);
  if (show && row && here === state.current) await panel.show(row.id);
}

function pageful() {
  return Math.max(1, Math.floor(box.clientHeight / list.rowHeight) - 1);
}

async function choose() {
  const row = await list.wait(state.current);
  if (row) bulk.toggle(row.id);
}

async function play() {
  const row = await list.wait(state.current);
  if (!row) return;
  await panel.show(row.id, wide());
  panel.play();
}

box.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const row = /** @type {HTMLElement | null} */ (target.closest("[role=row]"));
  if (!row) return;
  const place = Number(row.dataset.place);
  const known = list.at(place);
  if (target.closest(".pick") && known) {
    bulk.toggle(known.id);
    void go(place, false);
  } else if (event.shiftKey && known) {
    void chooseUpTo(place);
  } else {
    void go(place, true).then(() => (target.closest(".hear") ? panel.play() : undefined));
  }
});

/** @param {number} place choose all from the current row to it, at most 1,000 */
async function chooseUpTo(place) {
  const low = Math.min(place, state.current);
  const ids = [];
  for (let one = low; one <= Math.min(Math.max(place, state.current), low + 999); one += 1) ids.push((await list.wait(one)).id);
  bulk.choose(ids);
  await go(place, false);
}

$("#ask").addEventListener("submit", (event) => {
  event.preventDefault();
  void ask(field.value).then(() => box.focus());
});
$("#sort").addEventListener("change", (event) => {
  const value = /** @type {HTMLSelectElement} */ (event.target).value;
  const rest = state.q.replace(/(?:^|\s)sort:\S+$/, "");
  void ask(value === "number" ? rest : `${rest} sort:${value}`.trim());
});
for (const one of all(".preset")) {
  one.addEventListener("click", (event) => {
    event.preventDefault();
    void ask(one.dataset.query ?? "");
  });
}
for (const [name, other] of [["list", "map"], ["map", "list"]]) {
  $(`#as-${name}`).addEventListener("click", () => {
    $(`#${name}-part`).hidden = false;
    $(`#${other}-part`).hidden = true;
    $(`#as-${name}`).setAttribute("aria-pressed", "true");
    $(`#as-${other}`).setAttribute("aria-pressed", "false");
    if (name === "map") void map.load();
    else list.measure();
  });
}
addEventListener("popstate", () => ask(new URLSearchParams(location.search).get("q") ?? "", "none"));

keys({
  group: t("Find"),
  bindings: [
    { key: "/", label: t("Go to the search field"), run: () => (field.focus(), field.select()) },
    { key: "ArrowDown", shown: "↓", label: t("Next clip"), run: () => go(state.current + 1) },
    { key: "ArrowUp", shown: "↑", label: t("Clip before"), run: () => go(state.current - 1) },
    { key: "PageDown", label: t("A page down"), run: () => go(state.current + pageful()) },
    { key: "PageUp", label: t("A page up"), run: () => go(state.current - pageful()) },
    { key: "Home", label: t("First clip"), run: () => go(0) },
    { key: "End", label: t("Last clip"), run: () => go(list.count - 1) },
    { key: "Space", label: t("Play or stop"), run: () => (panel.playing() ? panel.stop() : play()) },
    { key: "x", label: t("Choose, or choose no more"), run: choose },
    { key: "Ctrl+a", label: t("Choose all found"), run: () => bulk.everything() },
    { key: "Enter", label: t("Show the clip"), run: () => go(state.current, true) },
    { key: "Escape", label: t("Choose none"), run: () => (bulk.size ? bulk.clear() : panel.close()) },
  ],
});

void ask(given.q, "none").catch(tellError);
