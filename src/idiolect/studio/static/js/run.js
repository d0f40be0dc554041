// One training run, drawn: facts, curves, and what it hears.

import { draw, tabled } from "./charts.js";
import { $, el } from "./dom.js";
import "./player.js";
import { duration, percent } from "./numbers.js";
import { t } from "./words.js";

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} recipe
 * @property {string} family
 * @property {string} base
 * @property {string} dataset
 * @property {number | null} began seconds since 1970
 * @property {number} step
 * @property {number} steps
 * @property {number} seconds
 * @property {number | null} left
 * @property {"wer" | "accepted"} measure
 * @property {number | null} best
 * @property {number | null} best_step
 * @property {Record<string, number>} joules
 * @property {"done" | "running" | "stopped"} state
 * @property {import("./jobs.js").Job | null} job
 * @property {string} bundle its folder; empty where it was not exported
 * @property {[number, number, number][]} loss step, seconds, loss
 * @property {{step: number, seconds: number, wer?: number, accepted?: number}[]} dev
 * @property {{clip: string, reference: string, looks: {step: number, until: number, words: {meant: string, said: string}[]}[]}[]} samples
 */

/** @typedef {import("./charts.js").Curve} Curve */

/**
 * Energy by the machine's own counters; a dash where it has none.
 * @param {Run} run
 */
export function energy(run) {
  const joules = Object.values(run.joules).reduce((sum, one) => sum + one, 0);
  if (!joules) return "–";
  return joules < 36_000 ? `${(joules / 3600).toFixed(1)} Wh` : joules < 3_600_000 ? `${Math.round(joules / 3600)} Wh` : `${(joules / 3.6e6).toFixed(2)} kWh`;
}

/**
 * @param {Run} run
 * @param {import("./charts.js").Source} plotly
 */
export async function drawRun(run, plotly) {
  $("#watch-title").textContent = run.name;
  $("#watch-body").hidden = false;
  facts(run);
  const problem = run.state !== "done" && run.job?.state === "failed" ? run.job.problem : "";
  $("#watch-problem").hidden = !problem;
  $("#watch-problem").textContent = problem;
  samples(run);
  const dev = { percent: true, points: true, label: label(run) };
  $("#dev-title").textContent = label(run);
  $("#dev-about").textContent = run.measure === "wer" ? t("Decoded for real; lower is better.") : t("Decoded for real; higher is better.");
  tabled($("#table-dev"), [devCurve(run)], dev);
  tabled($("#table-loss"), [lossCurve(run)], { label: t("Loss") });
  await draw(plotly, $("#plot-dev"), [devCurve(run)], dev);
  await draw(plotly, $("#plot-loss"), [lossCurve(run)], { label: t("Loss") });
}

/**
 * @param {Run[]} runs
 * @param {import("./charts.js").Source} plotly
 */
export async function compareRuns(runs, plotly) {
  const dev = { percent: true, points: true, label: t("On dev, compared") };
  const loss = { label: t("Loss, compared") };
  tabled($("#table-compare-dev"), runs.map(devCurve), dev);
  tabled($("#table-compare-loss"), runs.map(lossCurve), loss);
  await draw(plotly, $("#plot-compare-dev"), runs.map(devCurve), dev);
  await draw(plotly, $("#plot-compare-loss"), runs.map(lossCurve), loss);
}

/** @param {Run} run */
function label(run) {
  return run.measure === "wer" ? t("Word error rate on dev") : t("Commands understood on dev");
}

/**
 * @param {Run} run
 * @returns {Curve}
 */
function devCurve(run) {
  const rows = run.dev.filter((row) => row[run.measure] !== undefined);
  return { name: run.name, x: rows.map((row) => row.seconds / 60), y: rows.map((row) => Number(row[run.measure])), steps: rows.map((row) => row.step) };
}

/**
 * @param {Run} run
 * @returns {Curve}
 */
function lossCurve(run) {
  return { name: run.name, x: run.loss.map((row) => row[1] / 60), y: run.loss.map((row) => row[2]), steps: run.loss.map((row) => row[0]) };
}

/** @param {Run} run */
function facts(run) {
  /** @type {[string, string, string][]} */
  const shown = [
    [t("Step"), run.steps ? `${run.step} / ${run.steps}` : "–", ""],
    [run.measure === "wer" ? t("WER on dev") : t("Understood on dev"), run.best === null ? "–" : percent(run.best), run.best === null ? t("not decoded yet") : t("best so far, by decoding")],
    [t("Time"), duration(run.seconds), run.state === "running" && run.left !== null ? t("{time} left", { time: duration(run.left) }) : ""],
    [t("Energy"), energy(run), Object.keys(run.joules).length ? t("counted by the machine") : t("this machine counts none")],
    [t("Learns from"), run.dataset, run.base ? t("starting from {base}", { base: run.base }) : run.recipe],
  ];
  if (run.state === "done") shown[1][2] = run.best_step === null ? "" : t("of the kept weights, step {n}", { n: run.best_step });
  const parts = shown.map(([name, value, more]) => el("div", {}, el("dt", {}, name), el("dd", {}, value, more && el("small", {}, more))));
  if (run.state === "running" && run.steps) {
    const bar = el("progress", { max: run.steps, value: run.step, "aria-label": t("{done} of {total} {unit}", { done: run.step, total: run.steps, unit: t("steps") }) });
    parts.push(el("div", { class: "wide" }, el("dt", { class: "visually-hidden" }, t("Progress")), el("dd", {}, bar)));
  }
  $("#facts").replaceChildren(...parts);
}

/** @param {Run} run */
function samples(run) {
  if (!run.samples.length) {
    $("#samples").replaceChildren(el("p", { class: "muted" }, run.dev.length ? t("This run kept no examples of what it heard.") : t("Dev has not been decoded yet, or has no text.")));
    return;
  }
  $("#samples").replaceChildren(
    ...run.samples.map(({ clip, reference, looks }) => {
      const play = el("button", { class: "button quiet", type: "button", "data-play": clip, "aria-label": t("Play {clip}", { clip: reference.slice(0, 40) }) }, "▶");
      const lines = looks.map(({ step, until, words }, at) => {
        const when = step === until ? t("step {n}", { n: step }) : t("step {n} to {m}", { n: step, m: until });
        return el("li", { class: at ? "old" : null }, el("span", { class: "when" }, when), el("span", { class: "clip-text" }, ...marked(words)));
      });
      return el("div", { class: "sample" }, el("div", { class: "reference" }, play, el("span", { class: "clip-text" }, reference)), el("ol", {}, ...lines));
    }),
  );
}

/**
 * Words as they were heard, with what is wrong marked by more than color.
 * @param {{meant: string, said: string}[]} words
 */
function marked(words) {
  if (!words.some(({ said }) => said)) return [el("span", { class: "muted" }, t("(nothing)"))];
  return words.flatMap(({ meant, said }) => {
    if (meant === said) return [`${said} `];
    const parts = [];
    if (meant) parts.push(el("del", { class: "del" }, meant), " ");
    if (said) parts.push(el("ins", { class: "ins" }, said), " ");
    return parts;
  });
}
