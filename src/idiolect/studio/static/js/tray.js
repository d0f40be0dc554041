// The tray in the corner of each page: what runs, how far it is, and what became of it.

import { get, post } from "./api.js";
import { $, el } from "./dom.js";
import { far, lookNow, onJobs, stateName, watchJobs } from "./jobs.js";
import { duration } from "./numbers.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/** @typedef {import("./jobs.js").Job} Job */

const SEEN = "idiolect.running"; // ids that ran when this window last looked: their end is announced after a reload, too
const OPEN = "idiolect.tray";

const tray = $("#tray");
const head = el("button", { type: "button", "aria-expanded": "false", "aria-controls": "tray-list" });
const list = el("ul", { id: "tray-list", hidden: true });
tray.append(head, list);
head.addEventListener("click", () => open(list.hidden));
open(sessionStorage.getItem(OPEN) === "yes");

/** @param {boolean} yes */
function open(yes) {
  list.hidden = !yes;
  head.setAttribute("aria-expanded", String(yes));
  sessionStorage.setItem(OPEN, yes ? "yes" : "");
}

onJobs((found) => {
  const jobs = [...found.filter((job) => job.state === "running"), ...found.filter((job) => job.state !== "running")];
  announce(jobs);
  tray.hidden = !jobs.length;
  if (!jobs.length) return;
  drawHead(jobs);
  // A button that has the focus is not taken away under somebody's finger.
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.act : undefined;
  list.replaceChildren(...jobs.map(item));
  if (focused) list.querySelector(`[data-act="${focused}"]`)?.dispatchEvent(new CustomEvent("refocus", { bubbles: true }));
});
list.addEventListener("refocus", (event) => /** @type {HTMLElement} */ (event.target).focus());

/** @param {Job[]} jobs */
function drawHead(jobs) {
  const running = jobs.filter((job) => job.state === "running");
  const first = jobs[0];
  const more = running.length > 1 ? ` +${running.length - 1}` : "";
  const parts = [el("span", { class: `sign ${first.state}` }), el("strong", {}, first.title + more), el("span", { class: "far" }, far(first))];
  if (first.state === "running") parts.push(bar(first));
  head.replaceChildren(...parts);
}

/**
 * @param {Job} job
 * @returns {HTMLElement}
 */
function bar(job) {
  const known = job.total ? { max: job.total, value: Math.min(job.done, job.total) } : {};
  return el("progress", { ...known, "aria-label": `${job.title}: ${far(job)}` });
}

/**
 * @param {Job} job
 * @returns {HTMLElement}
 */
function item(job) {
  const kind = { running: "", done: "good", failed: "bad", stopped: "warn", lost: "bad" }[job.state];
  /** @type {HTMLElement[]} */
  const parts = [
    el("div", { class: "row spread" }, el("strong", {}, job.title), el("span", { class: `badge ${kind}` }, job.stopping ? t("is stopping") : stateName(job.state))),
  ];
  if (job.state === "running") parts.push(bar(job));
  if (job.what && job.state !== "failed") parts.push(el("span", { class: "small muted number" }, counted(job)));
  if (job.problem) parts.push(el("p", { class: "problem" }, job.problem.replace(/\n\s+/g, "\n")));
  else if (job.state === "lost") parts.push(el("p", { class: "problem" }, t("It ended unseen: the machine was switched off, or something killed it. What was saved is kept.")));
  else if (job.notes.length) parts.push(el("p", { class: "note-line" }, job.notes[job.notes.length - 1].split("\n")[0]));
  const acts = el("div", { class: "row acts" });
  if (job.state === "running") acts.append(button(job, "stop", job.stopping ? t("End it now") : t("Stop work")));
  else if (job.state !== "done") acts.append(button(job, "again", t("Go on")));
  acts.append(el("button", { class: "button quiet", type: "button", "data-act": `log ${job.id}`, onclick: () => showLog(job) }, t("Log")));
  if (job.state !== "running") acts.append(button(job, "dismiss", t("Put away")));
  parts.push(acts);
  return el("li", {}, ...parts);
}

/**
 * `train: 120 of 400 steps, 3 min 05 s left`
 * @param {Job} job
 * @returns {string}
 */
function counted(job) {
  const amount = job.total ? t("{done} of {total} {unit}", { done: Math.round(job.done), total: job.total, unit: t(job.unit) }) : `${Math.round(job.done)} ${t(job.unit)}`;
  const left = job.state === "running" && job.left_seconds ? `, ${t("{time} left", { time: duration(job.left_seconds) })}` : "";
  return `${t(job.what)}: ${amount}${left}`;
}

/**
 * @param {Job} job
 * @param {"stop" | "again" | "dismiss"} act
 * @param {string} text
 * @returns {HTMLElement}
 */
function button(job, act, text) {
  const run = async () => {
    try {
      await post(`/api/jobs/${job.id}/${act}`);
    } catch (error) {
      tellError(error);
    }
    lookNow();
  };
  return el("button", { class: "button quiet", type: "button", "data-act": `${act} ${job.id}`, onclick: run }, text, el("span", { class: "visually-hidden" }, `: ${job.title}`));
}

/** @param {Job} job */
async function showLog(job) {
  const said = (await get(`/api/jobs/${job.id}/log`)).lines.join("\n");
  const close = el("button", { class: "button", type: "button", autofocus: true }, t("Close"));
  const text = el("pre", { tabindex: "0" }, said || t("It has said nothing yet."));
  const dialog = el("dialog", { class: "log", "aria-labelledby": "log-title" }, el("h2", { id: "log-title" }, job.title), el("p", { class: "small muted mono" }, job.command), text, close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  text.scrollTop = text.scrollHeight;
}

/**
 * Say, once, what ended since this window last looked.
 * @param {Job[]} jobs
 */
function announce(jobs) {
  /** @type {string[]} */
  const before = JSON.parse(sessionStorage.getItem(SEEN) ?? "[]");
  for (const job of jobs) {
    if (job.state === "running" || !before.includes(job.id)) continue;
    const kind = job.state === "done" ? "good" : job.state === "stopped" ? "plain" : "bad";
    tell(`${job.title}: ${stateName(job.state)}`, { kind, hint: job.problem.split("\n")[0] });
  }
  sessionStorage.setItem(SEEN, JSON.stringify(jobs.filter((job) => job.state === "running").map((job) => job.id)));
}

watchJobs();
