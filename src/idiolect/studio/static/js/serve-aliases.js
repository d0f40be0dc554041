// The table of aliases, and what changes them: promote, roll back, history.

import { post } from "./api.js";
import { $, el } from "./dom.js";
import { moment } from "./numbers.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * @typedef {{measure: string, value: number, interval: [number, number] | null, on: string, of: string}} Score
 * @typedef {{name: string, model: string, engine: string, task: string}} Target
 * @typedef {Target & {kind: "bundle" | "checkpoint" | "engine", score: Score | null}} Candidate
 * @typedef {{number: number, what: string, target: Target | null, by: string, at: string, judged: string, note: string, backTo: number | null}} Change
 * @typedef {{name: string, target: Target, since: string, by: string, score: Score | null, stands: number, before: Change | null, history: Change[]}} Alias
 * @typedef {{aliases: Alias[], candidates: Candidate[], tasks: string[]}} State
 */

const language = document.documentElement.lang;
const MEASURES = /** @type {Record<string, string>} */ ({ wer: "WER", cer: "CER", silver_wer: "WER (silver)", silver_cer: "CER (silver)" });

/** @param {string} at */
const day = (at) => new Date(at).toLocaleDateString(language, { dateStyle: "medium" });

/** @param {number} share */
export const amount = (share) => (100 * share).toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {number} share */
const percent = (share) => `${amount(share)} %`;

/**
 * @param {Score | null} score
 * @returns {string}
 */
export function scoreText(score) {
  if (!score) return t("not tested");
  const name = MEASURES[score.measure] ?? t("accepted");
  return `${name} ${percent(score.value)}`;
}

/**
 * The rows of the table.
 * @param {Alias[]} aliases
 * @param {{promote: (alias: Alias) => void, rollBack: (alias: Alias) => void, history: (alias: Alias) => void}} act
 * @returns {HTMLTableRowElement[]}
 */
export function rows(aliases, act) {
  return aliases.map((alias) => {
    const { target, score } = alias;
    const model = [el("strong", { class: "mono clip-text" }, target.name)];
    model.push(el("span", { class: "muted small block clip-text" }, target.task ? t("task {name}", { name: target.task }) : t("anything may be said")));
    const interval = score?.interval ? `${percent(score.interval[0])} – ${percent(score.interval[1])}` : "";
    const tested = score ? el("span", { class: "muted small block" }, [interval, score.on].filter(Boolean).join(" · ")) : null;
    const back = el("button", { class: "button", type: "button", onclick: () => act.rollBack(alias), disabled: !alias.before }, t("Roll back …"));
    return el(
      "tr",
      { "data-alias": alias.name },
      el("th", { scope: "row" }, el("span", { class: "name clip-text" }, alias.name)),
      el("td", { "data-label": t("Model") }, el("div", {}, ...model)),
      el("td", { "data-label": t("Score") }, el("div", {}, score ? scoreText(score) : el("span", { class: "badge warn" }, t("not tested")), tested)),
      el("td", { "data-label": t("Since") }, el("div", {}, el("time", { datetime: alias.since, title: moment(alias.since) }, day(alias.since)), el("span", { class: "muted small block clip-text" }, t("by {name}", { name: alias.by })))),
      el(
        "td",
        { class: "act" },
        el(
          "div",
          { class: "row" },
          el("button", { class: "button", type: "button", onclick: () => act.promote(alias) }, t("Promote …")),
          back,
          el("button", { class: "button quiet", type: "button", onclick: () => act.history(alias) }, t("History")),
        ),
      ),
    );
  });
}

/**
 * Ask before a rollback, and do it.
 * @param {Alias} alias
 * @param {(state: State) => void} changed
 */
export function askRollBack(alias, changed) {
  const before = /** @type {Change} */ (alias.before);
  const go = el("button", { class: "button primary", type: "submit" }, t("Roll back"));
  const form = el(
    "form",
    { class: "stack" },
    el("h2", { id: "dialog-title" }, t("Roll back {name}?", { name: alias.name })),
    el(
      "dl",
      { class: "swap" },
      el("dt", {}, t("Answers now")),
      el("dd", {}, el("strong", { class: "mono clip-text" }, alias.target.name), el("span", { class: "muted small block" }, t("since {day}, by {name}", { day: moment(alias.since), name: alias.by }))),
      el("dt", {}, t("Will answer again")),
      el("dd", {}, el("strong", { class: "mono clip-text" }, before.target?.name ?? ""), el("span", { class: "muted small block" }, t("promoted {day}, by {name}", { day: moment(before.at), name: before.by }))),
    ),
    el("p", { class: "muted" }, t("Programs that ask notice nothing but the answers. The history keeps both decisions.")),
    buttons(go),
  );
  open(form, async () => {
    changed(await post("/api/serve/rollback", { alias: alias.name }));
    tell(t("{name} is answered by {model} again.", { name: alias.name, model: before.target?.name ?? "" }), { kind: "good" });
  });
}

/** @param {Alias} alias */
export function showHistory(alias) {
  const list = el("ol", { class: "history" });
  for (const change of alias.history) {
    const what = { promote: t("promoted"), rollback: t("rolled back to"), remove: t("removed") }[change.what] ?? change.what;
    const line = el("p", {}, what, " ", el("strong", { class: "mono clip-text" }, change.target?.name ?? ""));
    if (change.number === alias.stands) line.append(" ", el("span", { class: "badge good" }, t("answers now")));
    list.append(el("li", { value: change.number }, line, el("p", { class: "muted small" }, [moment(change.at), change.by, change.judged, change.note].filter(Boolean).join(" · "))));
  }
  const close = el("button", { class: "button", type: "submit" }, t("Close"));
  open(el("form", { class: "stack" }, el("h2", { id: "dialog-title" }, t("History of {name}", { name: alias.name })), list, el("div", { class: "row" }, close)), async () => {});
}

/**
 * @param {HTMLButtonElement} go
 * @returns {HTMLElement}
 */
export function buttons(go) {
  const cancel = el("button", { class: "button", type: "button", onclick: () => $("dialog[open]").dispatchEvent(new Event("cancel")) }, t("Cancel"));
  return el("div", { class: "row" }, go, cancel);
}

/**
 * A form in a dialog; it closes when `run` is through.
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} run
 */
export function open(form, run) {
  const dialog = el("dialog", { class: "serving", "aria-labelledby": "dialog-title" }, form);
  dialog.addEventListener("cancel", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const go = /** @type {HTMLButtonElement} */ ($("[type=submit]", form));
    go.disabled = true;
    form.setAttribute("aria-busy", "true");
    try {
      await run();
      dialog.close();
    } catch (error) {
      const place = form.querySelector(".failed") ?? el("p", { class: "failed note bad", role: "alert" });
      const { message, hint } = /** @type {{message: string, hint?: string}} */ (error);
      place.textContent = [message, hint].filter(Boolean).join(" – ");
      if (!place.parentNode) form.append(place);
      if (!(error instanceof Error)) tellError(error);
    } finally {
      go.disabled = false;
      form.removeAttribute("aria-busy");
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}
