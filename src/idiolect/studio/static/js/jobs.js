// What the tray and pages know of jobs.

import { get } from "./api.js";
import { duration } from "./numbers.js";
import { t } from "./words.js";

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {string[]} argv
 * @property {string} command
 * @property {"running" | "done" | "failed" | "stopped" | "lost"} state
 * @property {string} what
 * @property {number} done
 * @property {number | null} total
 * @property {string} unit
 * @property {number | null} left_seconds
 * @property {string[]} notes
 * @property {number} started
 * @property {number | null} ended
 * @property {number | null} exit_code
 * @property {string} problem
 * @property {boolean} stopping
 * @property {Record<string, string>} about
 */

const BUSY = 1500; // ms between two looks while something runs
const IDLE = 20_000;
const CHANGED = "idiolect:jobs";
const ASK = "job"; // what a page says when it has started one

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Job[]} */
let known = [];

/**
 * Call `listener` with all jobs whenever they were asked for.
 * @param {(jobs: Job[]) => void} listener
 */
export function onJobs(listener) {
  document.addEventListener(CHANGED, (event) => listener(/** @type {CustomEvent<Job[]>} */ (event).detail));
}

/** Look now: something was started or stopped. */
export function lookNow() {
  document.dispatchEvent(new CustomEvent(ASK));
}

/** Begin to look: often while something runs, seldom else, not at all while nobody sees the page. */
export function watchJobs() {
  document.addEventListener(ASK, look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    known = (await get("/api/jobs")).jobs;
    document.dispatchEvent(new CustomEvent(CHANGED, { detail: known }));
  } catch {
    // The studio may be starting again: what was known stays in view.
  }
  clearTimeout(timer);
  timer = setTimeout(look, known.some((job) => job.state === "running") ? BUSY : IDLE);
}

/**
 * How far it is, in a few words.
 * @param {Job} job
 * @returns {string}
 */
export function far(job) {
  if (job.stopping) return t("is stopping");
  if (job.state !== "running") return stateName(job.state);
  if (job.left_seconds !== null && job.left_seconds > 0) return t("{time} left", { time: duration(job.left_seconds) });
  if (job.total) return `${Math.round((100 * job.done) / job.total)} %`;
  return job.what ? t(job.what) : t("is starting");
}

/**
 * @param {Job["state"]} state
 * @returns {string}
 */
export function stateName(state) {
  return { running: t("running"), done: t("done"), failed: t("failed"), stopped: t("stopped"), lost: t("lost") }[state];
}
