// The page that records: one take after the other, each heard again, kept or done once more, by one key each.

import { ApiError, get, post } from "./api.js";
import { drawCoverage } from "./coverage.js";
import { $, data, el } from "./dom.js";
import { keys } from "./keys.js";
import { LevelWatch, Meter, troubleText } from "./meter.js";
import { openMicrophone } from "./microphone.js";
import { FREE, Reading, addsText } from "./reading.js";
import { Setup, keepChoice, kept } from "./record-setup.js";
import { addText, fillSources } from "./record-sources.js";
import { Parts, Ring } from "./samples.js";
import { Sender } from "./take-sender.js";
import { putPart, putTake } from "./take-store.js";
import { tell, tellError } from "./tell.js";
import { Trace } from "./trace.js";
import { showUnfinished } from "./unfinished.js";
import { verdict } from "./verdict.js";
import { t } from "./words.js";

/** @typedef {import("./take-store.js").Stored} Stored */

const PRE_ROLL = 0.5; // seconds before the key: whoever speaks at once loses nothing
const POST_ROLL = 0.3; // and after it
const PART = 0.5; // seconds of a part
const LONGEST = 29.5; // seconds of a prompt that is read; a clip may have 30
const LATE = 24; // seconds, when the clock warns

const given = data();
const watch = new LevelWatch();
const meter = new Meter($("#meter"));
const trace = new Trace(/** @type {HTMLCanvasElement} */ ($("#trace")));
const sound = /** @type {HTMLAudioElement} */ ($("#sound"));
const source = /** @type {HTMLSelectElement} */ ($("#source"));
const reading = new Reading(drawCoverage);
const sender = new Sender({ onWhole, onKept, onRefused, onTrouble });

/** @type {"off" | "ready" | "recording" | "stopping" | "taken"} */
let phase = "off";
/** @type {import("./microphone.js").Opened | null} */
let microphone = null;
/** @type {Stored | null} the take that is recorded, or waits for a decision */
let take = null;
/** @type {Parts | null} */
let parts = null;
let ring = new Ring(1);
/** @type {Promise<unknown>[]} */
let writing = [];

const setup = new Setup(given, (speaker) => void enter(speaker).then(turnOn));

/** @param {string} speaker */
async function enter(speaker) {
  $("#setup").hidden = true;
  $("#booth").hidden = false;
  $("#who").hidden = false;
  $("#who-name").textContent = speaker;
  fillSources(source, given.sources, kept().source);
  showPhase();
  await reading.open(speaker, source.value).catch(tellError);
  showPrompt();
  void listUnfinished();
}

async function turnOn() {
  if (microphone) return;
  try {
    microphone = await openMicrophone({ device: setup.deviceId, onSamples, onLevel, onEnd: onUnplugged });
  } catch (error) {
    tellError(error);
    return;
  }
  ring = new Ring(Math.round(PRE_ROLL * microphone.rate));
  $("#who-device").textContent = microphone.label;
  void setup.devices();
  phase = "ready";
  showPhase();
  requestAnimationFrame(draw);
}

async function turnOff() {
  const open = microphone;
  microphone = null;
  phase = "off";
  await open?.close();
  showPhase();
}

/** @param {Float32Array} samples */
function onSamples(samples) {
  if (parts) parts.push(samples);
  else ring.push(samples);
}

/** @param {import("./microphone.js").Level} level */
function onLevel(level) {
  watch.feed(level);
  trace.push(level);
  if (phase === "recording" && take && take.text !== null && seconds() >= LONGEST) void stop();
}

function onUnplugged() {
  tell(t("The microphone is gone."), { hint: t("Plug it in again; what was recorded is kept."), kind: "bad" });
  const recording = phase === "recording";
  if (recording) void finish().then(() => (microphone = null));
  else void turnOff();
}

/**
 * A take begins: with what was heard just before.
 * @param {Partial<Stored>} [older] a take that goes on
 */
async function start(older = {}) {
  if (!microphone) return turnOn();
  await microphone.resume();
  sound.pause();
  const begun = { id: crypto.randomUUID().replaceAll("-", ""), speaker: reading.speaker, rate: microphone.rate, text: reading.current?.text ?? null, device: microphone.label, session: given.session, began: Date.now(), next: 0, samples: 0, from: 0, ...older };
  /** @type {Stored} */
  const now = { ...begun, ended: "", wish: "" };
  take = now;
  writing = [];
  const adding = sender.add(now);
  parts = new Parts(Math.round(PART * now.rate), (pcm) => {
    const number = now.next++;
    now.samples += pcm.length;
    writing.push(putPart(now, number, pcm).then(() => void sender.wake(), tellError));
  });
  for (const block of ring.take()) parts.push(block);
  watch.begin();
  trace.begin();
  phase = "recording";
  showPhase();
  await adding;
}

async function stop() {
  if (phase !== "recording") return;
  phase = "stopping";
  showPhase();
  await new Promise((resolve) => setTimeout(resolve, 1000 * POST_ROLL));
  await finish();
}

/** The take has its end; the server is told as soon as it listens. */
async function finish() {
  const done = closeTake();
  if (!done) return;
  done.ended = "here";
  phase = "taken";
  $("#verdict").replaceChildren(el("p", { class: "muted" }, t("Being checked …")));
  showPhase();
  await Promise.all(writing);
  await putTake(done);
  void sender.wake();
}

/** No more samples go into the take. */
function closeTake() {
  parts?.rest();
  parts = null;
  watch.end();
  trace.end();
  return take;
}

async function discard() {
  const gone = closeTake();
  take = null;
  sound.pause();
  if (!gone) return;
  gone.ended = "here";
  await Promise.all(writing);
  await sender.decide(gone, "drop");
}

function keep() {
  if (phase !== "taken" || !take) return;
  void sender.decide(take, "keep");
  take = null;
  void next(reading.read());
}

async function redo() {
  if (phase !== "taken" && phase !== "recording") return;
  await discard();
  await start();
}

async function skip() {
  if (phase === "stopping") return;
  await discard();
  await next(reading.skip());
}

/** @param {Promise<void>} moved */
async function next(moved) {
  sound.pause();
  trace.clear();
  phase = microphone ? "ready" : "off";
  showPhase();
  showPrompt();
  const had = reading.current;
  await moved.catch(tellError);
  if (reading.current !== had) showPrompt();
}

function play() {
  if (phase !== "taken" || !sound.src) return;
  if (sound.paused) void sound.play();
  else sound.pause();
}

/** @param {Stored} whole */
async function onWhole(whole) {
  if (whole.id !== take?.id) {
    // Of an earlier page, and nobody has decided: the server has it now, and lists it.
    if (!whole.wish && whole.ended === "there") {
      await sender.done(whole);
      void listUnfinished();
    }
    return;
  }
  sound.src = `/api/record/takes/${whole.id}/audio.wav`;
  try {
    const heard = await get(`/api/record/takes/${whole.id}/heard`);
    if (whole.id === take?.id) $("#verdict").replaceChildren(verdict(heard));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status) throw error;
  }
}

/** @param {Stored} whole */
function onKept(whole) {
  reading.sent = reading.sent.filter((text) => text !== whole.text);
  $("#saved").textContent = t("Kept: {what}", { what: whole.text ?? t("Free speech") });
  void reading.more().then(showPrompt).catch(() => undefined);
}

/**
 * @param {Stored} refused
 * @param {ApiError} error
 */
function onRefused(refused, error) {
  reading.sent = reading.sent.filter((text) => text !== refused.text);
  tellError(error);
  void listUnfinished();
}

/** @param {ApiError | null} error */
function onTrouble(error) {
  $("#offline").hidden = error === null;
  if (error === null) void listUnfinished();
  if (error === null && take?.ended === "there" && !sound.src) void onWhole(take);
}

function listUnfinished() {
  const actions = {
    play: (/** @type {{id: string}} */ one) => {
      sound.src = `/api/record/takes/${one.id}/audio.wav`;
      void sound.play();
    },
    goOn: (/** @type {{id: string, next: number, rate: number}} */ one) => void goOn(one),
    mine: (/** @type {string} */ id) => sender.takes.has(id),
    changed: () => void reading.more().then(showPrompt),
  };
  return showUnfinished(reading.speaker, actions).catch(() => undefined);
}

/** @param {{id: string, next: number, rate: number}} old */
async function goOn(old) {
  if (!microphone) await turnOn();
  if (!microphone || phase !== "ready") return;
  if (microphone.rate !== old.rate) {
    tell(t("This microphone has another sample rate."), { hint: t("Use the one that the take began with, or begin a new take."), kind: "bad" });
    return;
  }
  await post(`/api/record/takes/${old.id}/go-on`);
  source.value = FREE;
  await reading.open(reading.speaker, FREE);
  showPrompt();
  sender.begun.add(old.id);
  await start({ id: old.id, next: old.next, from: old.next, text: null });
}

function seconds() {
  return take && microphone ? (take.samples + (parts?.filled ?? 0)) / microphone.rate : 0;
}

function draw() {
  if (!microphone) return;
  meter.draw(watch);
  if (trace.live) trace.draw();
  const trouble = phase === "taken" ? "" : troubleText(watch.trouble);
  const warning = $("#warning");
  if (warning.textContent !== trouble) warning.textContent = trouble;
  warning.hidden = !trouble;
  const clock = phase === "recording" || phase === "stopping" || phase === "taken" ? t("{n} s", { n: seconds().toFixed(1) }) : "";
  $("#time").textContent = clock;
  $("#time").classList.toggle("late", take?.text !== null && phase === "recording" && seconds() > LATE);
  const distance = watch.distance;
  $("#noise").textContent = distance === null || phase !== "ready" ? "" : t("Your voice is about {n} dB above the room.", { n: Math.round(distance) });
  requestAnimationFrame(draw);
}

function showPrompt() {
  const { current } = reading;
  const free = reading.source === FREE;
  const empty = !free && !current;
  $("#prompt").textContent = current?.text ?? (free ? t("Speak freely, as long as you like.") : t("All of it is read."));
  $("#prompt").classList.toggle("plain", !current);
  $("#prompt").lang = current ? given.language : document.documentElement.lang;
  $("#adds").textContent = current ? addsText(current) : free ? t("It is cut into clips where you pause, and waits in the review.") : t("Choose another text, or add one.");
  $("#toggle").toggleAttribute("disabled", empty && phase === "ready");
}

const LABELS = { off: t("Turn the microphone on"), ready: t("Record"), recording: t("Stop"), stopping: t("Stop"), taken: t("Record") };

function showPhase() {
  const stage = $("#stage");
  const inside = stage.contains(document.activeElement) && document.activeElement !== source;
  stage.dataset.phase = phase;
  $("#toggle .label").textContent = LABELS[phase];
  $("#toggle").hidden = phase === "taken";
  $("#toggle").toggleAttribute("disabled", phase === "stopping");
  $("#after").hidden = phase !== "taken";
  $("#skip").hidden = phase === "recording" || phase === "stopping" || reading.source === FREE;
  $("#again").hidden = phase !== "recording";
  source.disabled = phase === "recording" || phase === "stopping" || phase === "taken";
  if (phase !== "taken") {
    $("#verdict").replaceChildren();
    sound.removeAttribute("src");
  }
  $("#said").textContent = phase === "recording" ? t("Recording") : phase === "taken" ? t("Stopped") : "";
  // Keys belong to the page again, not to the button that was pressed.
  if (inside || document.activeElement === document.body) stage.focus({ preventScroll: true });
}

function toggle() {
  if (phase === "recording") void stop();
  else if (phase === "taken") play();
  else if (phase === "off" || reading.current || reading.source === FREE) void start();
}

for (const [id, run] of /** @type {[string, () => unknown][]} */ ([["toggle", toggle], ["keep", keep], ["redo", redo], ["again", redo], ["play", play], ["skip", skip], ["skip-taken", skip]])) $(`#${id}`).addEventListener("click", run);
const inBooth = (/** @type {() => unknown} */ run) => () => $("#booth").hidden || run();
keys({
  group: t("Record"),
  bindings: [
    { key: "Space", label: t("Start and stop; when it is recorded, hear it"), run: inBooth(toggle), shown: t("Space") },
    { key: "Enter", label: t("Keep it and go on"), run: inBooth(keep) },
    { key: "r", label: t("Once more"), run: inBooth(redo) },
    { key: "p", label: t("Hear it"), run: inBooth(play) },
    { key: "s", label: t("Skip this prompt"), run: inBooth(skip) },
  ],
});
sound.addEventListener("timeupdate", () => trace.heard(sound.currentTime / (sound.duration || 1)));
sound.addEventListener("ended", () => trace.heard(-1));
source.addEventListener("change", () => {
  keepChoice({ source: source.value });
  void reading.open(reading.speaker, source.value).then(() => (showPhase(), showPrompt()));
});
document.querySelector("#add")?.addEventListener("click", () => addText(source));
$("#who").addEventListener("click", async () => {
  if (phase === "recording" || phase === "stopping") return;
  await turnOff();
  await setup.devices();
  $("#booth").hidden = $("#who").hidden = true;
  $("#setup").hidden = false;
  setup.name.focus();
});
addEventListener("beforeunload", (event) => {
  if (phase === "recording") event.preventDefault();
});
addEventListener("pagehide", () => parts?.rest());

if (setup.agreed && kept().speaker === setup.speaker) void enter(setup.speaker);
else $("#setup").hidden = false;
const found = await sender.rescue();
if (found) tell(t("{n} takes of an earlier page were here, and are sent now.", { n: found }));
setTimeout(() => void sender.rescue(), 4000); // a page that was just closed may hold its take for a moment
