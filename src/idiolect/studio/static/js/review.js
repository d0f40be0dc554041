// Review: one clip after the other, by keys. What comes next is fetched and read while a person listens.

import { bindShare, showAgreement } from "./review-agree.js";
import { ApiError, get, post } from "./api.js";
import { $, all, data } from "./dom.js";
import { bindKeys } from "./review-keys.js";
import { newKey, Outbox, sittingOf } from "./review-outbox.js";
import { Picture } from "./review-picture.js";
import { Player } from "./review-player.js";
import { Sound } from "./review-sound.js";
import { askConflict } from "./review-conflict.js";
import { showFacts, showNear, showOthers, showProgress, showTaken, showText } from "./review-view.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/** @typedef {import("./review-view.js").View} View */
/** @typedef {import("./review-outbox.js").Letter} Letter */
/** @typedef {{view: View, sound: Sound, key: string}} Entry */

const STAY = 60_000; // ms after which the server hears that this page is still open
const given = data();
const sitting = await sittingOf();

/** The clip that is heard, then those that wait. @type {Entry[]} */
let list = [];
/** What was decided here, to be taken back. @type {Entry[]} */
const past = [];
let taken = -1; // which of the other texts; -1: the first
let typing = false;
let since = 0; // when the clip was shown, without the time the page was hidden
let filling = false;
let wanted = false; // another question came up while one was asked
/** @type {number | undefined} */
let counting = undefined;
let seen = 0;

const player = new Player((stretch) => picture.loop(stretch));
const picture = new Picture((seconds) => player.from(seconds), hearWord);
const outbox = new Outbox(sitting, {
  arrived: (letter) => {
    void fill();
    if (letter.body.settles) void showAgreement(open);
  },
  refused,
  changed: (waiting, trouble) => {
    $("#unsent").hidden = !trouble;
    $("#unsent").textContent = t("{n} not saved yet: trying again", { n: waiting });
  },
});

const current = () => list[0];
/** Ask for as many clips as are missing; one question at a time. */
async function fill() {
  const count = given.ahead - list.length;
  if (filling) return void (wanted = true);
  if (count <= 0) return account();
  filling = true;
  wanted = false;
  try {
    const have = [...list.map((one) => one.view.id), ...outbox.clips(), ...past.slice(-50).map((one) => one.view.id)];
    const answer = await post("/api/review/next", { sitting, have, count });
    showProgress(answer.progress);
    for (const view of answer.clips) if (!list.some((one) => one.view.id === view.id)) add(view);
    if (!list.length && !outbox.letters.length) finished();
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) setTimeout(() => void fill(), 2000);
    else tellError(error);
  } finally {
    filling = false;
  }
  if (wanted) void fill();
}

/** Show what was done, soon: after a row of quick keys it is asked for once. */
function account() {
  clearTimeout(counting);
  counting = setTimeout(async () => showProgress(await get(`/api/review/progress?sitting=${sitting}`)), 300);
}

/**
 * @param {View} view
 * @param {number} [place]
 */
function add(view, place = list.length) {
  const entry = { view, sound: new Sound(view.id), key: "" };
  entry.sound.ready.catch((error) => tellError(error));
  list.splice(place, 0, entry);
  if (list[0] === entry) show();
}

function finished() {
  $("#looking").hidden = true;
  $("#review").hidden = true;
  $("#finished").hidden = false;
  $("#undo-last").hidden = !past.length;
  $("#say").textContent = t("Nothing waits for you");
}

/** Show and play the first of the list. */
function show() {
  const entry = current();
  if (!entry) {
    $("#review").hidden = true;
    $("#looking").hidden = false;
    return void fill();
  }
  const { view, sound } = entry;
  for (const id of ["#looking", "#finished"]) $(id).hidden = true;
  $("#review").hidden = false;
  player.use(sound);
  taken = -1;
  leaveEdit();
  showFacts(view);
  showText(view, hearWord);
  showOthers(view, take, leave);
  showNear(view, (near) => player.near(near.id));
  $("#private").setAttribute("aria-pressed", String(view.marks.includes("private")));
  $("#undo").toggleAttribute("disabled", !past.length);
  since = performance.now();
  if (player.auto) void player.begin();
  if (seen++) $("#clip").focus({ preventScroll: true });
  $("#say").textContent = t("Clip {n}: {text}", { n: seen, text: view.text || t("No text yet: press e and type what you hear.") });
  picture.show(sound, view.words);
  void sound.ready.then(() => current() === entry && picture.show(sound, view.words));
}

/** @param {string} action @param {string | null} [text] */
function decide(action, text = null) {
  const entry = current();
  if (!entry) return;
  const { view } = entry;
  const claim = taken >= 0 ? view.others[taken] : view.label;
  if (action === "accept" && !claim) return beginEdit();
  entry.key = newKey();
  const of = action === "accept" || action === "edit" ? (claim?.id ?? null) : null;
  const seconds = (performance.now() - since) / 1000;
  const body = { sitting, key: entry.key, action, of, text, queue: view.queue, seconds, clip: view.id, settles: view.settles };
  list.shift();
  past.push(entry);
  entry.sound.pause();
  show();
  outbox.add({ key: entry.key, path: `/api/review/${view.id}/decide`, body });
  while (past.length > 12) past.shift()?.sound.drop();
}

/** Take the last decision back, and hear its clip again. */
async function undo() {
  const entry = past.pop();
  if (!entry) {
    if (outbox.letters.length) return;
    try {
      const answer = await post("/api/review/undo", { sitting, key: newKey() });
      showProgress(answer.progress);
      for (const view of answer.clips) add(view, 0);
    } catch (error) {
      tellError(error);
    }
    return;
  }
  if (!outbox.remove(entry.key)) outbox.add({ key: newKey(), path: "/api/review/undo", body: { sitting, key: newKey(), clip: entry.view.id } });
  current()?.sound.pause();
  list.unshift(entry);
  show();
  $("#say").textContent = t("Taken back.");
}

/**
 * The server does not keep a decision: somebody was quicker, or it makes no sense.
 * @param {Letter} letter
 * @param {ApiError} error
 */
async function refused(letter, error) {
  const { body, path } = letter;
  if (error.status === 409 && path.endsWith("/decide")) {
    const also = ["accept", "edit", "noise"].includes(body.action) && (await askConflict(error, body.text));
    if (also) outbox.add({ key: newKey(), path, body: { ...body, key: newKey(), also: true } });
  } else tellError(error);
  const place = past.findIndex((one) => one.key === letter.key);
  if (place >= 0) past.splice(place, 1)[0].sound.drop();
  void fill();
}

/** @param {number} place of a word */
function hearWord(place) {
  const entry = current();
  const word = shownWords()[place];
  if (!entry || !word) return;
  all("#text button").forEach((button, number) => (button.tabIndex = number === place ? 0 : -1));
  player.stretch(Math.max(0, word.start - 0.05), Math.min(entry.view.duration, word.end + 0.08), place);
}

const shownWords = () => (taken < 0 ? (current()?.view.words ?? []) : []);

/** @param {number} step to the next or the word before */
function walk(step) {
  const words = shownWords();
  if (words.length) hearWord((player.word + step + words.length) % words.length);
}

/** @param {number} place of another text; -1: the first */
function take(place) {
  const view = current()?.view;
  if (!view || place >= view.others.length) return;
  taken = taken === place ? -1 : place;
  showTaken(taken);
  const words = taken < 0 ? view.words : view.others[taken].text.split(/\s+/).filter(Boolean).map((word) => ({ word, start: 0, end: view.duration, confidence: null, against: null, timed: false }));
  showText({ ...view, words, label: taken < 0 ? view.label : view.others[taken] }, taken < 0 ? hearWord : () => void player.begin());
  $("#say").textContent = words.map((one) => one.word).join(" ");
  if (typing) beginEdit();
}

/** @param {number} place of a suggestion that nobody wants */
function leave(place) {
  const view = current()?.view;
  if (!view) return;
  if (taken === place) take(place);
  view.others.splice(place, 1);
  taken = -1;
  showOthers(view, take, leave);
}

function beginEdit() {
  const view = current()?.view;
  if (!view) return;
  typing = true;
  const field = /** @type {HTMLTextAreaElement} */ ($("#typed"));
  field.value = taken < 0 ? view.text : view.others[taken].text;
  $("#text").hidden = true;
  $("#edit").hidden = false;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

function leaveEdit() {
  typing = false;
  $("#edit").hidden = true;
  $("#text").hidden = false;
}

function saveEdit() {
  const text = /** @type {HTMLTextAreaElement} */ ($("#typed")).value.trim();
  if (!typing) return;
  if (text) decide("edit", text);
  else tell(t("An edit needs a text."), { hint: t("n says that nobody speaks."), kind: "bad" });
}

function togglePrivate() {
  const view = current()?.view;
  if (!view) return;
  const on = !view.marks.includes("private");
  view.marks = on ? [...view.marks, "private"] : view.marks.filter((name) => name !== "private");
  showFacts(view);
  $("#private").setAttribute("aria-pressed", String(on));
  outbox.add({ key: newKey(), path: `/api/review/${view.id}/mark`, body: { name: "private", given: on } });
  tell(on ? t("The whole recording is private now: nothing of it leaves this machine.") : t("The recording travels as far as before."), { kind: "good" });
}

/** @param {string} clip to hear now, whatever was decided about it */
async function open(clip) {
  try {
    const answer = await post(`/api/review/${clip}/open`, { sitting });
    list = list.filter((one) => one.view.id !== clip);
    current()?.sound.pause();
    for (const view of answer.clips) add(view, 0);
    scrollTo({ top: 0 });
  } catch (error) {
    tellError(error);
  }
}

/** @type {[string, () => unknown][]} */
const buttons = [
  ...["accept", "noise", "unsure", "skip"].map((name) => /** @type {[string, () => unknown]} */ ([name, () => decide(name)])),
  ["begin-edit", beginEdit], ["undo", undo], ["undo-last", undo], ["private", togglePrivate], ["look-again", fill],
  ["leave-edit", () => (leaveEdit(), $("#clip").focus())],
];
for (const [id, run] of buttons) $(`#${id}`).addEventListener("click", () => void run());
$("#edit").addEventListener("submit", (event) => (event.preventDefault(), saveEdit()));
/** @param {boolean} before the clip, or after it */
const near = (before) => player.near((before ? current()?.view.before : current()?.view.after)?.id);
bindKeys({ decide, undo, beginEdit, saveEdit, leaveEdit, take, walk, togglePrivate, player, near, typing: () => typing });
bindShare();

(function frame() {
  player.watch();
  picture.cursor();
  requestAnimationFrame(frame);
})();
setInterval(() => void post("/api/review/stay", { sitting }).catch(() => {}), STAY);
let hidden = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hidden = performance.now();
  else since += performance.now() - hidden;
});
await outbox.adopt();
if (given.clip) await open(given.clip);
void fill();
void showAgreement(open).catch(tellError);
