// The page that records: one take after the other, each heard again, kept or done once more, by one key each.

import { ApiError, get, post } from "./api.js";
import { Booth } from "./booth.js";
import { drawCoverage } from "./coverage.js";
import { $, data, el } from "./dom.js";
import { keys } from "./keys.js";
import { LevelWatch } from "./meter.js";
import { FREE, Reading } from "./reading.js";
import { Setup, keepChoice, kept } from "./record-setup.js";
import { addText, fillSources } from "./record-sources.js";
import * as view from "./record-view.js";
import { Sender } from "./take-sender.js";
import { tell, tellError } from "./tell.js";
import { Trace } from "./trace.js";
import { showUnfinished } from "./unfinished.js";
import { verdict } from "./verdict.js";
import { t } from "./words.js";

/** @typedef {import("./take-store.js").Stored} Stored */

const POST_ROLL = 0.3; // seconds after the key: the last sound fades
const LONGEST = 29.5; // seconds of a prompt that is read; a clip may have 30

const given = data();
const sound = /** @type {HTMLAudioElement} */ ($("#sound"));
const source = /** @type {HTMLSelectElement} */ ($("#source"));
const reading = new Reading(drawCoverage);
const sender = new Sender({ onWhole, onKept, onRefused, onTrouble });
const trace = new Trace(/** @type {HTMLCanvasElement} */ ($("#trace")));
const booth = new Booth({ sender, trace, watch: new LevelWatch(), onLevel, onGone });
/** @type {view.Phase} */
let phase = "off";

const setup = new Setup(given, (speaker) => void enter(speaker).then(turnOn));

/** @param {view.Phase} now */
function turn(now) {
  phase = now;
  if (phase !== "taken") silence();
  view.showPhase(phase, reading.source === FREE);
}

function showPrompt() {
  view.showPrompt(reading, given.language);
}

/** @param {string} speaker */
async function enter(speaker) {
  $("#setup").hidden = true;
  $("#booth").hidden = $("#who").hidden = false;
  $("#who-name").textContent = speaker;
  fillSources(source, given.sources, kept().source);
  turn(phase);
  await reading.open(speaker, source.value).catch(tellError);
  showPrompt();
  void listUnfinished();
}

async function turnOn() {
  if (booth.microphone) return;
  try {
    $("#who-device").textContent = (await booth.open(setup.deviceId)).label;
  } catch (error) {
    tellError(error);
    return;
  }
  void setup.devices();
  turn("ready");
  requestAnimationFrame(frame);
}

async function turnOff() {
  await booth.close();
  turn("off");
}

function frame() {
  if (!booth.microphone) return;
  view.draw(booth, phase);
  requestAnimationFrame(frame);
}

function onLevel() {
  if (phase === "recording" && booth.take?.text && booth.seconds >= LONGEST) void stop();
}

function onGone() {
  tell(t("The microphone is gone."), { hint: t("Plug it in again; what was recorded is kept."), kind: "bad" });
  if (phase === "recording") void finish().then(() => booth.close());
  else void turnOff();
}

/** @param {Partial<Stored>} [older] a take that goes on */
async function start(older = {}) {
  if (!booth.microphone) return turnOn();
  void booth.microphone.resume(); // where the browser has put the page to sleep meanwhile
  const begun = booth.begin({ speaker: reading.speaker, text: reading.current?.text ?? null, session: given.session, ...older });
  turn("recording");
  await begun;
}

async function stop() {
  if (phase !== "recording") return;
  turn("stopping");
  await new Promise((resolve) => setTimeout(resolve, 1000 * POST_ROLL));
  await finish();
}

async function finish() {
  const ended = booth.end();
  turn("taken");
  $("#verdict").replaceChildren(el("p", { class: "muted" }, t("Being checked …")));
  await ended;
}

function keep() {
  if (phase !== "taken") return;
  booth.keep();
  void next(reading.read());
}

async function redo() {
  if (phase !== "taken" && phase !== "recording") return;
  await booth.discard();
  await start();
}

async function skip() {
  if (phase === "stopping") return;
  await booth.discard();
  await next(reading.skip());
}

/** @param {Promise<void>} moved */
async function next(moved) {
  trace.clear();
  turn(booth.microphone ? "ready" : "off");
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

function silence() {
  sound.pause();
  sound.removeAttribute("src");
}

/** @param {Stored} whole */
async function onWhole(whole) {
  if (whole.id === booth.take?.id) {
    sound.src = `/api/record/takes/${whole.id}/audio.wav`;
    try {
      const heard = await get(`/api/record/takes/${whole.id}/heard`);
      if (whole.id !== booth.take?.id) return;
      $("#verdict").replaceChildren(verdict(heard));
      view.prefer(heard.good ? "keep" : "redo");
    } catch (error) {
      if (!(error instanceof ApiError) || error.status) throw error; // no answer: `onTrouble` comes back to it
    }
  } else if (!whole.wish) {
    // Of an earlier page, and nobody has decided: the server has it now, and lists it.
    await sender.done(whole);
    void listUnfinished();
  }
}

/** @param {Stored} whole */
function onKept(whole) {
  reading.sent = reading.sent.filter((text) => text !== whole.text);
  $("#saved").textContent = t("Kept: {what}", { what: whole.text ?? t("Free speech") });
  void reading.more().then(showPrompt, () => undefined);
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
  if (error !== null) return;
  void listUnfinished();
  if (booth.take?.ended === "there" && !sound.src) void onWhole(booth.take);
}

async function listUnfinished() {
  if (!reading.speaker) return;
  const actions = {
    play: (/** @type {{id: string}} */ one) => {
      sound.src = `/api/record/takes/${one.id}/audio.wav`;
      void sound.play();
    },
    goOn: (/** @type {{id: string, next: number, rate: number}} */ one) => void goOn(one),
    mine: (/** @type {string} */ id) => sender.takes.has(id),
    changed: () => void reading.more().then(showPrompt),
  };
  await showUnfinished(reading.speaker, actions).catch(() => undefined); // `onTrouble` comes back to it
}

/** @param {{id: string, next: number, rate: number}} old */
async function goOn(old) {
  await turnOn();
  if (!booth.microphone || phase !== "ready") return;
  if (booth.microphone.rate !== old.rate) {
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

function toggle() {
  if (phase === "recording") void stop();
  else if (phase === "taken") play();
  else if (phase === "off" || reading.current || reading.source === FREE) void start();
}

/** @type {[string, () => unknown][]} */
const buttons = [["toggle", toggle], ["keep", keep], ["redo", redo], ["again", redo], ["play", play], ["skip", skip], ["skip-taken", skip]];
for (const [id, run] of buttons) $(`#${id}`).addEventListener("click", run);
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
source.addEventListener("change", async () => {
  keepChoice({ source: source.value });
  await reading.open(reading.speaker, source.value);
  turn(phase);
  showPrompt();
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
addEventListener("pagehide", () => booth.parts?.rest());

if (setup.agreed && kept().speaker === setup.speaker) void enter(setup.speaker);
else $("#setup").hidden = false;
const found = await sender.rescue();
if (found) tell(t("Takes of an earlier page were still here: {n}. They are sent now.", { n: found }));
setTimeout(() => void sender.rescue(), 4000); // a page that was just closed may hold its take for a moment
