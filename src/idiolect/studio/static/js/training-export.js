// What can be done with a model that is done: write it as a bundle, then serve it.

import { post } from "./api.js";
import { el } from "./dom.js";
import { lookNow } from "./jobs.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/** @type {Set<string>} */
let exporting = new Set(); // names of models

/**
 * @param {string} name of a model
 * @returns {boolean}
 */
export function isExporting(name) {
  return exporting.has(name);
}

/**
 * Take note of the exports that run; whether their number changed.
 * @param {import("./jobs.js").Job[]} jobs
 * @returns {boolean}
 */
export function noteExports(jobs) {
  const before = exporting.size;
  exporting = new Set(jobs.filter((job) => job.argv[0] === "export" && job.state === "running").map((job) => job.argv[1]));
  return exporting.size !== before;
}

/**
 * What stands beside a finished model.
 * @param {import("./run.js").Run} run
 * @param {() => void} again draws it anew
 * @returns {HTMLElement[]}
 */
export function finished(run, again) {
  if (run.bundle) return [el("span", { class: "small muted" }, t("exported")), el("a", { class: "button", href: "/serve" }, t("Serve it"))];
  const write = async () => {
    try {
      const job = await post(`/api/training/runs/${encodeURIComponent(run.name)}/export`);
      tell(t("Started: {title}", { title: job.title }), { kind: "good" });
      exporting.add(run.name);
      again();
    } catch (error) {
      tellError(error);
    }
    lookNow();
  };
  const busy = exporting.has(run.name);
  return [
    el("span", { class: "small muted" }, t("A bundle runs anywhere, without torch.")),
    el("button", { class: "button", type: "button", disabled: busy, onclick: write }, busy ? t("Exporting …") : t("Export")),
  ];
}
