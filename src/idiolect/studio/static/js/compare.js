// The comparison: choosing, moving through the clips by keys, starting an evaluation.

import { post } from "./api.js";
import { $, all } from "./dom.js";
import { keys } from "./keys.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

const choose = /** @type {HTMLFormElement | null} */ (document.querySelector("#choose"));
choose?.addEventListener("change", (event) => {
  const changed = /** @type {HTMLElement} */ (event.target);
  // Other clips, other systems: what stood for the old ones is not asked for.
  if ("resets" in changed.dataset) for (const select of all("select[name=a], select[name=b], select[name=measure]", choose)) select.removeAttribute("name");
  choose.requestSubmit();
});
document.querySelector("#swap")?.addEventListener("click", () => {
  const a = /** @type {HTMLSelectElement} */ ($("#c-a"));
  const b = /** @type {HTMLSelectElement} */ ($("#c-b"));
  [a.value, b.value] = [b.value, a.value];
  choose?.requestSubmit();
});

const evaluation = /** @type {HTMLFormElement | null} */ (document.querySelector("#evaluate"));
evaluation?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = new FormData(evaluation);
  const button = /** @type {HTMLButtonElement} */ ($("button[type=submit]", evaluation));
  button.disabled = true;
  try {
    await post("/api/compare/evaluate", {
      dataset: given.get("dataset"),
      split: given.get("split"),
      task: given.get("task"),
      engines: given.getAll("engines"),
      models: given.getAll("models"),
    });
    tell(t("The evaluation has begun."), { hint: t("It goes on when this page is closed; reload it when it is done."), kind: "good" });
    document.dispatchEvent(new CustomEvent("job-started"));
  } catch (error) {
    tellError(error);
  } finally {
    button.disabled = false;
  }
});

const clips = all(".board .clip");
let at = -1;

/** @param {HTMLElement} clip */
const sound = (clip) => /** @type {HTMLAudioElement | null} */ (clip.querySelector("audio"));

/** @param {number} place */
function go(place) {
  if (!clips.length) return;
  clips[at]?.removeAttribute("aria-current");
  if (at >= 0) sound(clips[at])?.pause();
  at = Math.max(0, Math.min(clips.length - 1, place));
  clips[at].setAttribute("aria-current", "true");
  clips[at].focus({ preventScroll: true });
  clips[at].scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function play() {
  if (at < 0) go(0);
  const player = clips[at] && sound(clips[at]);
  if (!player) return;
  if (player.paused) player.play();
  else player.pause();
}

// One sound at a time, whoever starts it; and the clip that sounds is the one the keys are at.
document.addEventListener(
  "play",
  (event) => {
    for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
    const clip = /** @type {HTMLElement} */ (event.target).closest(".clip");
    const place = clips.indexOf(/** @type {HTMLElement} */ (clip));
    if (place >= 0 && place !== at) {
      clips[at]?.removeAttribute("aria-current");
      at = place;
      clips[at].setAttribute("aria-current", "true");
    }
  },
  true,
);

if (clips.length) {
  keys({
    group: t("Clips"),
    bindings: [
      { key: "j", label: t("Next clip"), run: () => go(at + 1) },
      { key: "k", label: t("Previous clip"), run: () => go(at - 1) },
      { key: "Space", label: t("Play or pause"), run: play, shown: t("Space") },
    ],
  });
}
