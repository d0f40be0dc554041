// What the page shows while it records: phase, prompt, meter, clock and warnings.

import { $ } from "./dom.js";
import { Meter, troubleText } from "./meter.js";
import { FREE, addsText } from "./reading.js";
import { t } from "./words.js";

/** @typedef {"off" | "ready" | "recording" | "stopping" | "taken"} Phase */

const LATE = 24; // seconds of a prompt, when the clock warns; a clip may have 30
const LABELS = { off: t("Turn the microphone on"), ready: t("Record"), recording: t("Stop"), stopping: t("Stop"), taken: t("Record") };

const meter = new Meter($("#meter"));

/**
 * @param {Phase} phase
 * @param {boolean} free no prompt to skip
 */
export function showPhase(phase, free) {
  const stage = $("#stage");
  const source = /** @type {HTMLSelectElement} */ ($("#source"));
  const busy = phase === "recording" || phase === "stopping";
  const inside = stage.contains(document.activeElement) && document.activeElement !== source;
  stage.dataset.phase = phase;
  $("#toggle .label").textContent = LABELS[phase];
  $("#toggle").hidden = phase === "taken";
  $("#toggle").toggleAttribute("disabled", phase === "stopping");
  $("#after").hidden = phase !== "taken";
  $("#skip").hidden = busy || phase === "taken" || free;
  $("#again").hidden = phase !== "recording";
  source.disabled = busy || phase === "taken";
  if (phase !== "taken") $("#verdict").replaceChildren();
  prefer("keep");
  $("#said").textContent = phase === "recording" ? t("Recording") : phase === "taken" ? t("Stopped") : "";
  // Keys belong to the page again, not to the button that was pressed.
  if (inside || document.activeElement === document.body) stage.focus({ preventScroll: true });
}

/**
 * Which of the two stands out.
 * @param {"keep" | "redo"} better
 */
export function prefer(better) {
  for (const name of ["keep", "redo"]) $(`#${name}`).classList.toggle("primary", name === better);
}

/**
 * @param {import("./reading.js").Reading} reading
 * @param {string} language of the prompts
 */
export function showPrompt(reading, language) {
  const { current } = reading;
  const free = reading.source === FREE;
  $("#prompt").textContent = current?.text ?? (free ? t("Speak freely, as long as you like.") : t("All of it is read."));
  $("#prompt").classList.toggle("plain", !current);
  $("#prompt").classList.toggle("long", (current?.text.length ?? 0) > 120);
  $("#prompt").lang = current ? language : document.documentElement.lang;
  $("#adds").textContent = current ? addsText(current) : free ? t("It is cut into clips where you pause, and waits in the review.") : t("Choose another text, or add one.");
}

/**
 * One frame of the picture.
 * @param {import("./booth.js").Booth} booth
 * @param {Phase} phase
 */
export function draw({ take, seconds, around: { watch, trace } }, phase) {
  meter.draw(watch);
  if (trace.live) trace.draw();
  const trouble = phase === "taken" ? "" : troubleText(watch.trouble);
  const warning = $("#warning");
  if (warning.textContent !== trouble) warning.textContent = trouble; // said aloud only when it changes
  const time = $("#time");
  time.textContent = take ? t("{n} s", { n: seconds.toFixed(1) }) : "";
  time.classList.toggle("late", take !== null && take.text !== null && phase === "recording" && seconds > LATE);
  const { distance } = watch;
  $("#noise").textContent = distance === null || phase !== "ready" ? "" : t("Your voice is about {n} dB above the room.", { n: Math.round(distance) });
}
