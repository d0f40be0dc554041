// The page of trainings: the form, the run one looks at, and all runs.

import { ApiError, get, post } from "./api.js";
import { $, all, data, el } from "./dom.js";
import { lookNow, onJobs, stateName } from "./jobs.js";
import { duration, moment, percent } from "./numbers.js";
import { compareRuns, drawRun, energy } from "./run.js";
import { tell, tellError } from "./tell.js";
import { finished, isExporting, noteExports } from "./training-export.js";
import { t } from "./words.js";

/** @typedef {import("./run.js").Run} Run */

const given = data();
/** @type {Run[]} */
let runs = given.runs;
let shown = new URLSearchParams(location.search).get("run") ?? runs.find((run) => run.state === "running")?.name ?? runs[0]?.name ?? "";
/** @type {Set<string>} */
const ticked = new Set();
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#start"));

// The form.

function chosen() {
  const said = new FormData(/** @type {HTMLFormElement} */ (form));
  /** @param {string} name */
  const text = (name) => String(said.get(name) ?? "").trim();
  return {
    dataset: text("dataset"),
    recipe: text("recipe"),
    base: text("base") || null,
    task: text("task") || null,
    minutes: text("minutes") ? Number(text("minutes")) : null,
    seed: text("seed") ? Number(text("seed")) : null,
    changes: text("changes").split("\n").map((line) => line.trim()).filter(Boolean),
  };
}

function takeRecipe() {
  const recipe = given.recipes.find((/** @type {{name: string}} */ one) => one.name === chosen().recipe);
  $("#recipe-about").textContent = recipe.about;
  /** @type {HTMLInputElement} */ ($("#minutes")).value = String(recipe.minutes);
  /** @type {HTMLInputElement} */ ($("#base")).value = recipe.base;
  $("#base").toggleAttribute("required", recipe.family !== "nano");
  $("#base-hint").textContent =
    recipe.family === "nano" ? t("starter, or a model of this project; empty: from random weights.") : t("The folder of a downloaded model, such as Whisper.");
}

const LITTLE = 1200; // seconds of speech; the recipe wants an hour

let asked = 0;
async function expect() {
  const mine = ++asked;
  const place = $("#forecast");
  try {
    const told = await post("/api/training/forecast", chosen());
    if (mine !== asked) return;
    const lines = [told.seconds === null ? t("How long this takes is not known: no run like it was made here.") : t("About {time} of training, ready at about {at}.", { time: duration(told.seconds), at: clock(told.seconds) })];
    lines.push(t("{n} clips teach ({time}); {dev} are decoded at each look.", { n: told.clips, time: duration(told.audio), dev: told.dev }));
    if (told.passes !== null) lines.push(t("{steps} steps, each clip is heard about {passes} times, by the speed of {run}.", { steps: told.steps, passes: told.passes < 10 ? told.passes.toFixed(1) : Math.round(told.passes), run: told.based_on }));
    lines.push(t("Before the first step, texts are aligned to the sound; that is kept for the next time."));
    const little = told.family === "nano" && !chosen().base && told.audio < LITTLE;
    place.className = `note small stack tight${little ? " warn" : ""}`;
    place.replaceChildren(...lines.slice(0, told.family === "nano" ? 4 : -1).map((line) => el("p", {}, line)));
    if (little) place.prepend(el("p", {}, el("strong", {}, t("This is little speech for a network of random weights. Start from a model that hears already: starter."))));
  } catch (error) {
    if (mine !== asked) return;
    const { message, hint } = /** @type {{message: string, hint: string}} */ (error);
    place.className = "note bad small";
    place.replaceChildren(el("p", {}, message, hint ? ` ${hint.slice(0, 200)}` : ""));
  }
}

/** @param {number} seconds */
function clock(seconds) {
  return new Date(Date.now() + 1000 * seconds).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
form?.addEventListener("input", (event) => {
  if (/** @type {HTMLElement} */ (event.target).id === "recipe") takeRecipe();
  clearTimeout(timer);
  timer = setTimeout(expect, 300);
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await start(false);
});

/** @param {boolean} atOnce */
async function start(atOnce) {
  $("#go").toggleAttribute("disabled", true);
  try {
    const job = await post("/api/training/start", { ...chosen(), at_once: atOnce });
    tell(t("Started: {title}", { title: job.title }), { kind: "good" });
    awaited = job.id;
    lookNow();
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) ask(error);
    else tellError(error);
  }
  $("#go").toggleAttribute("disabled", false);
}

/**
 * Another training runs: wait, or let both share the machine.
 * @param {ApiError} error
 */
function ask(error) {
  const anyway = el("button", { class: "button", type: "button" }, t("Start anyway"));
  const wait = el("button", { class: "button primary", type: "button" }, t("Wait"));
  const dialog = el("dialog", { class: "stack", "aria-labelledby": "ask-title" }, el("h2", { id: "ask-title" }, t("One training at a time")), el("p", {}, error.message), el("p", { class: "muted" }, error.hint), el("div", { class: "row" }, wait, anyway));
  wait.addEventListener("click", () => dialog.close());
  anyway.addEventListener("click", () => {
    dialog.close();
    start(true);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// The run one looks at.

let awaited = "";
let drawn = "";

/** @param {boolean} [always] */
async function watch(always = false) {
  if (!shown || !document.querySelector("#watch")) return;
  const run = /** @type {Run} */ (await get(`/api/training/runs/${encodeURIComponent(shown)}`));
  if (!always && drawn === marks(run)) return;
  drawn = marks(run);
  $("#watch-empty").hidden = true;
  await drawRun(run, given.plotly);
  acts(run);
}

/**
 * What changes where there is something new to draw.
 * @param {Run} run
 */
function marks(run) {
  return [run.name, run.state, run.step, run.job?.state, run.job?.stopping, run.bundle].join(" ");
}

/** @param {Run} run */
function acts(run) {
  const place = $("#watch-acts");
  const job = run.job;
  const wanted = !job || run.state === "done" ? "" : run.state === "stopped" ? "again" : job.stopping ? "now" : "stop";
  const now = [wanted, run.name, run.state, run.bundle, isExporting(run.name)].join(" ");
  if (place.dataset.shown === now) return;
  place.dataset.shown = now;
  place.replaceChildren(...(run.state === "done" ? finished(run, () => acts(run)) : []));
  if (!wanted) return;
  const text = { stop: t("Stop work"), now: t("End it now"), again: t("Go on") }[wanted] ?? "";
  const act = async () => {
    try {
      await post(`/api/jobs/${job?.id}/${wanted === "again" ? "again" : "stop"}`);
      if (wanted === "stop") tell(t("Its state is being saved; it can go on from there."));
    } catch (error) {
      tellError(error);
    }
    lookNow();
    await refresh();
  };
  place.append(el("button", { class: wanted === "again" ? "button primary" : "button", type: "button", onclick: act }, text));
}

// All runs.

function list() {
  const table = document.querySelector("#runs");
  if (!table) return;
  const heads = [t("Compare"), t("Run"), t("State"), t("Recipe"), t("Dataset"), t("Best on dev"), t("Steps"), t("Time"), t("Energy"), t("Began")];
  const head = el("tr", {}, ...heads.map((text, at) => el("th", { scope: "col", class: at > 4 ? "number" : null }, text)));
  const rows = runs.map((run) => {
    const tick = el("input", { type: "checkbox", "aria-label": t("Compare {run}", { run: run.name }), checked: ticked.has(run.name) });
    tick.addEventListener("change", () => {
      if (tick.checked) ticked.add(run.name);
      else ticked.delete(run.name);
      compare();
    });
    const name = el("button", { class: "button quiet mono", type: "button", "aria-pressed": String(run.name === shown), onclick: () => select(run.name) }, run.name);
    const kind = { done: "good", running: "", stopped: "warn" }[run.state];
    const cells = [
      el("td", {}, el("label", { class: "check" }, tick)),
      el("td", {}, name),
      el("td", {}, el("span", { class: `badge ${kind}` }, stateName(run.state))),
      el("td", {}, run.recipe, run.base && el("span", { class: "muted small" }, ` ← ${run.base}`)),
      el("td", {}, run.dataset),
      el("td", { class: "number" }, run.best === null ? "–" : `${run.measure === "wer" ? "WER" : t("understood")} ${percent(run.best)}`),
      el("td", { class: "number" }, run.steps ? `${run.step} / ${run.steps}` : "–"),
      el("td", { class: "number" }, run.seconds ? duration(run.seconds) : "–"),
      el("td", { class: "number" }, energy(run)),
      el("td", { class: "number" }, run.began ? moment(1000 * run.began, "short") : "–"),
    ];
    return el("tr", { class: run.name === shown ? "shown" : null }, ...cells);
  });
  table.replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows));
}

/** @param {string} name */
async function select(name) {
  shown = name;
  history.replaceState(null, "", `?run=${encodeURIComponent(name)}`);
  list();
  await watch(true);
  document.querySelector("#watch")?.scrollIntoView({ block: "nearest" });
}

async function compare() {
  const place = $("#compare");
  place.hidden = ticked.size < 2;
  if (place.hidden) return;
  const found = await Promise.all([...ticked].map((name) => get(`/api/training/runs/${encodeURIComponent(name)}`)));
  await compareRuns(found, given.plotly);
}

async function refresh() {
  const before = runs.map(marks).join();
  runs = (await get("/api/training/runs")).runs;
  const mine = runs.find((run) => run.job?.id === awaited && run.state === "running");
  if (mine) {
    awaited = "";
    shown = mine.name;
  }
  if (runs.length && !document.querySelector("#runs")) return location.reload(); // the first run of all: its table is not in this page yet
  shown ||= runs[0]?.name ?? "";
  if (runs.map(marks).join() !== before) {
    // Whoever is in the middle of the table keeps the focus there.
    if (!document.querySelector("#runs")?.contains(document.activeElement)) list();
    await watch();
  }
}

let busy = false;
onJobs(async (jobs) => {
  const training = jobs.filter((job) => ["train", "improve"].includes(job.argv[0]));
  waiting(training.find((job) => job.id === awaited && job.state === "running"));
  const failed = training.find((job) => job.id === awaited && job.state === "failed");
  if (failed) awaited = "";
  if (noteExports(jobs)) await watch(true).catch(() => undefined);
  if (busy || (!training.some((job) => job.state === "running") && !all("#watch-acts button").length)) return;
  busy = true;
  try {
    await refresh();
  } finally {
    busy = false;
  }
});

/**
 * What a run that has not come to its first step is doing.
 * @param {import("./jobs.js").Job | undefined} job
 */
function waiting(job) {
  if (!job || !document.querySelector("#watch")) return;
  const place = $("#watch-empty");
  place.hidden = false;
  const amount = job.total ? ` ${Math.round(job.done)} / ${job.total}` : "";
  place.textContent = `${job.title}: ${job.what ? t(job.what) + amount : t("is starting")}`;
}

if (form) {
  const wanted = new URLSearchParams(location.search).get("dataset");
  const field = /** @type {HTMLSelectElement} */ ($("#dataset"));
  if (wanted && [...field.options].some((option) => option.value === wanted)) field.value = wanted;
  takeRecipe();
  expect();
}
list();
watch(true);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => watch(true));
