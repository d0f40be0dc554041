// The page: aliases, and a microphone or a file to try them with.

import { $, data, el } from "./dom.js";
import { keys } from "./keys.js";
import { Live, decodeFile } from "./live.js";
import { openMicrophone } from "./microphone.js";
import { askRollBack, rows, showHistory } from "./serve-aliases.js";
import { askPromote } from "./serve-promote.js";
import { Turns } from "./serve-turns.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/** @type {import("./serve-aliases.js").State} */
let state = data();
const turns = new Turns($("#turns"));
const speak = /** @type {HTMLButtonElement} */ ($("#speak"));
const chosen = /** @type {HTMLSelectElement} */ ($("#try-alias"));
const meter = /** @type {HTMLMeterElement} */ ($("#level"));
const stateLine = $("#try-state");
/** @type {{live: Live, close: () => Promise<void>} | null} */
let talk = null;
let busy = false;

draw();

/** Show what stands. */
function draw() {
  const none = !state.aliases.length;
  $("#none").hidden = !none;
  $("#some").hidden = none;
  $("#try").hidden = none;
  const act = {
    promote: (/** @type {import("./serve-aliases.js").Alias} */ alias) => askPromote(state, alias, changed),
    rollBack: (/** @type {import("./serve-aliases.js").Alias} */ alias) => askRollBack(alias, changed),
    history: showHistory,
  };
  $("#aliases").replaceChildren(...rows(state.aliases, act));
  const before = chosen.value;
  chosen.replaceChildren(...state.aliases.map((alias) => el("option", { value: alias.name }, alias.name)));
  if (state.aliases.some((alias) => alias.name === before)) chosen.value = before;
}

/** @param {import("./serve-aliases.js").State} next */
function changed(next) {
  state = next;
  draw();
}

for (const button of document.querySelectorAll(".new-alias")) button.addEventListener("click", () => askPromote(state, null, changed));

/** @type {import("./live.js").Listening} */
const listening = {
  onStart: (item) => ($("#turns-empty").hidden = true) && turns.start(item),
  onPartial: (item, kept, rest) => turns.partial(item, kept, rest),
  onFinal: (final) => {
    $("#turns-empty").hidden = true;
    turns.final(final);
    $("#heard").textContent = final.transcript || t("(nothing was heard)");
  },
  onFail: (item, message) => turns.fail(item, message),
  onEnd: (error) => {
    tell(error.message, { kind: "bad" });
    void stop();
  },
};

async function start() {
  busy = true;
  say(t("Opening the microphone …"));
  try {
    /** @type {Live | null} */
    let live = null;
    /** @type {Float32Array[]} */
    const early = [];
    const onSamples = (/** @type {Float32Array} */ samples) => void (live ? live.send(samples) : early.push(samples));
    const onLevel = (/** @type {{peak: number}} */ level) => (meter.value = level.peak);
    const onEnd = () => {
      tell(t("The microphone is gone."), { kind: "bad" });
      void stop();
    };
    const microphone = await openMicrophone({ onSamples, onLevel, onEnd });
    try {
      live = await Live.open(chosen.value, microphone.rate, listening);
    } catch (error) {
      await microphone.close();
      throw error;
    }
    for (const samples of early) live.send(samples);
    talk = { live, close: microphone.close };
    pressed(true);
    say(t("Speak. A short pause ends what you say."));
  } catch (error) {
    say("");
    tellError(error);
  } finally {
    busy = false;
  }
}

async function stop() {
  const ending = talk;
  talk = null;
  pressed(false);
  meter.value = 0;
  say("");
  if (!ending) return;
  await ending.close();
  await ending.live.finish();
}

/** @param {boolean} on */
function pressed(on) {
  speak.setAttribute("aria-pressed", String(on));
  $("span.label", speak).textContent = on ? t("Stop") : t("Speak");
  chosen.disabled = on;
}

/** @param {string} text */
function say(text) {
  stateLine.textContent = text;
}

function toggle() {
  if (!busy) void (talk ? stop() : start());
}

/** @param {File | undefined} file */
async function hear(file) {
  if (!file || busy || talk || !state.aliases.length) return;
  busy = true;
  speak.disabled = true;
  try {
    say(t("Reading {name} …", { name: file.name }));
    const { samples, rate } = await decodeFile(file);
    const live = await Live.open(chosen.value, rate, listening);
    await live.sendAll(samples, (share) => say(t("{name}: {percent} % sent", { name: file.name, percent: Math.floor(100 * share) })));
    say(t("Waiting for the last words …"));
    await live.finish();
  } catch (error) {
    tellError(error);
  } finally {
    busy = false;
    speak.disabled = false;
    say("");
  }
}

speak.addEventListener("click", toggle);
keys({ group: t("Try it"), bindings: [{ key: "m", label: t("Speak, or stop"), run: toggle }] });

const drop = $("#drop");
const file = /** @type {HTMLInputElement} */ ($("#file"));
file.addEventListener("change", () => {
  void hear(file.files?.[0]);
  file.value = "";
});
for (const name of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") void hear(/** @type {DragEvent} */ (event).dataTransfer?.files[0]);
  });
}
addEventListener("pagehide", () => talk?.live.close());
