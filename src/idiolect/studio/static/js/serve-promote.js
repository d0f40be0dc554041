// Promote: which model is to answer, with the verdict of the evaluations beside it before anything changes.

import { post } from "./api.js";
import { el } from "./dom.js";
import { amount, buttons, open, scoreText } from "./serve-aliases.js";
import { tell } from "./tell.js";
import { t } from "./words.js";

/**
 * @typedef {import("./serve-aliases.js").Alias} Alias
 * @typedef {import("./serve-aliases.js").Candidate} Candidate
 * @typedef {import("./serve-aliases.js").State} State
 * @typedef {{says: string, new: any, old: any, difference: number | null, on: string}} Judged
 */

/**
 * @param {State} state
 * @param {Alias | null} alias null: a new one
 * @param {(state: State) => void} changed
 */
export function askPromote(state, alias, changed) {
  const name = el("input", { id: "promote-name", required: true, maxlength: "64", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", readonly: alias !== null, autocomplete: "off", spellcheck: "false" });
  name.value = alias?.name ?? (state.aliases.length ? "" : "default");
  const task = el("select", { id: "promote-task" }, el("option", { value: "" }, t("none: anything may be said")));
  for (const file of new Set([...(alias?.target.task ? [alias.target.task] : []), ...state.tasks])) task.append(el("option", { value: file }, file));
  task.value = alias ? alias.target.task : (state.tasks[0] ?? "");
  const note = el("input", { id: "promote-note", maxlength: "300", placeholder: t("optional"), autocomplete: "off" });
  const verdict = el("div", { class: "verdict", "aria-live": "polite" });
  const go = el("button", { class: "button primary", type: "submit" }, t("Promote"));
  const models = choices(state.candidates, alias);
  const chosen = () => state.candidates[Number(/** @type {HTMLInputElement | null} */ (models.querySelector("input:checked"))?.value ?? -1)];
  const wanted = () => ({ alias: name.value.trim(), model: chosen()?.model ?? "", engine: chosen()?.engine ?? "", task: task.value, note: note.value });
  const form = el(
    "form",
    { class: "stack" },
    el("h2", { id: "dialog-title" }, alias ? t("Promote a model to {name}", { name: alias.name }) : t("A new alias")),
    alias ? null : el("div", { class: "field" }, el("label", { for: "promote-name" }, t("Alias: the name that programs ask for")), name),
    models,
    verdict,
    el("div", { class: "field" }, el("label", { for: "promote-task" }, t("Task: what may be said")), task),
    el("div", { class: "field" }, el("label", { for: "promote-note" }, t("Why")), note),
    el("p", { class: "muted small" }, t("It is loaded once before it answers. Until then, and if it fails, nothing changes.")),
    buttons(go),
  );
  let asked = 0;
  const judge = async () => {
    const mine = ++asked;
    if (!chosen() || !name.value.trim()) return;
    try {
      const judged = await post("/api/serve/judge", wanted());
      if (mine === asked) verdict.replaceChildren(shown(judged, go));
    } catch (error) {
      verdict.replaceChildren(el("p", { class: "note bad" }, /** @type {Error} */ (error).message));
    }
  };
  models.addEventListener("change", () => void judge());
  open(form, async () => {
    const { alias: made } = wanted();
    go.textContent = t("Loading …");
    try {
      changed(await post("/api/serve/promote", wanted()));
    } finally {
      go.textContent = t("Promote");
    }
    tell(t("{name} is answered by {model}.", { name: made, model: chosen()?.name ?? "" }), { kind: "good" });
  });
  void judge();
}

/**
 * @param {Candidate[]} candidates
 * @param {Alias | null} alias
 * @returns {HTMLFieldSetElement}
 */
function choices(candidates, alias) {
  const kinds = /** @type {Record<string, string>} */ ({ bundle: t("bundle"), checkpoint: t("checkpoint"), engine: t("comes with idiolect") });
  const set = el("fieldset", { class: "choices" }, el("legend", {}, t("Model")));
  const current = candidates.findIndex((one) => one.model === alias?.target.model && one.engine === alias?.target.engine);
  const first = candidates.findIndex((_, index) => index !== current);
  candidates.forEach((one, index) => {
    const now = index === current;
    set.append(
      el(
        "label",
        { class: "choice" },
        el("input", { type: "radio", name: "model", value: index, checked: index === first, required: true }),
        el(
          "span",
          { class: "what" },
          el("strong", { class: "mono clip-text" }, one.name),
          el("span", { class: "muted small" }, kinds[one.kind], now ? " " : null, now && el("span", { class: "badge" }, t("answers now"))),
        ),
        el("span", { class: "score small number" }, scoreText(one.score)),
      ),
    );
  });
  return set;
}

/**
 * @param {Judged} judged
 * @param {HTMLButtonElement} go
 * @returns {HTMLElement}
 */
function shown(judged, go) {
  const points = judged.difference === null ? "" : (judged.difference > 0 ? "+" : "−") + amount(Math.abs(judged.difference));
  const measured = points && t("{points} points on {on}", { points, on: judged.on });
  const [kind, said] = /** @type {[string, string]} */ (
    {
      better: ["good", t("Better than what answers now.")],
      worse: ["bad", t("Worse than what answers now.")],
      "cannot tell": ["", t("Too close to tell from what answers now.")],
      untested: ["warn", judged.new ? t("The two were never tested on the same clips.") : t("It was never tested.")],
      first: judged.new ? ["", t("The first model of this alias.")] : ["warn", t("The first model of this alias. It was never tested.")],
    }[judged.says] ?? ["", judged.says]
  );
  go.textContent = kind === "bad" || kind === "warn" ? t("Promote all the same") : t("Promote");
  const alike = judged.old?.measure === judged.new?.measure;
  const old = judged.old && (alike ? `${amount(judged.old.value)} %` : scoreText(judged.old));
  const scores = old && judged.new ? t("{new} against {old}", { new: scoreText(judged.new), old }) : "";
  const compare = kind === "warn" ? el("a", { href: "/compare" }, t("Compare them first")) : null;
  return el("div", { class: `note ${kind}` }, el("strong", {}, said), " ", [measured, scores].filter(Boolean).join(" · "), " ", compare);
}
