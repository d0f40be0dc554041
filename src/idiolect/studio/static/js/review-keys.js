// The keys of the review page.

import { $ } from "./dom.js";
import { keys } from "./keys.js";
import { t } from "./words.js";

/**
 * @param {object} does
 * @param {(action: string) => void} does.decide
 * @param {() => unknown} does.undo
 * @param {() => void} does.beginEdit
 * @param {() => void} does.saveEdit
 * @param {() => void} does.leaveEdit
 * @param {(place: number) => void} does.take
 * @param {(step: number) => void} does.walk
 * @param {() => void} does.togglePrivate
 * @param {(before: boolean) => void} does.near
 * @param {() => boolean} does.typing
 * @param {import("./review-player.js").Player} does.player
 */
export function bindKeys(does) {
  const { player } = does;
  const numbers = Array.from({ length: 9 }, (_, place) => ({ key: String(place + 1), label: t("Take another text (1 to 9)"), shown: "1 – 9", run: () => does.take(place) }));
  const stop = () => {
    if (!does.typing()) return player.sound?.pause();
    does.leaveEdit();
    $("#clip").focus();
  };
  keys({
    group: t("Hear"),
    bindings: [
      { key: "Space", label: t("Play or pause"), run: () => player.toggle() },
      { key: "r", label: t("From the start"), run: () => void player.begin() },
      { key: "ArrowLeft", label: t("The word before"), shown: "←", run: () => does.walk(-1) },
      { key: "ArrowRight", label: t("The next word"), shown: "→", run: () => does.walk(1) },
      { key: "l", label: t("Loop the word or the clip"), run: () => player.toggleLoop() },
      { key: "-", label: t("Slower"), run: () => player.pace(-1) },
      { key: "+", label: t("Faster"), run: () => player.pace(1) },
      { key: "[", label: t("Hear the clip before"), run: () => does.near(true) },
      { key: "]", label: t("Hear the clip after"), run: () => does.near(false) },
      { key: "o", label: t("Play the next clip at once: on or off"), run: () => player.box.click() },
      { key: "Ctrl+.", label: t("Play or pause while typing"), always: true, run: () => player.toggle() },
    ],
  });
  keys({
    group: t("Decide"),
    bindings: [
      { key: "Enter", label: t("It is right: save it, next"), run: () => does.decide("accept") },
      { key: "a", label: t("The same"), run: () => does.decide("accept") },
      { key: "e", label: t("Edit"), run: does.beginEdit },
      { key: "Ctrl+Enter", label: t("Save the edit, next"), always: true, run: does.saveEdit },
      { key: "Escape", label: t("Leave the edit, or stop playing"), shown: "Esc", always: true, run: stop },
      ...numbers.slice(0, 1),
      { key: "n", label: t("Nobody speaks"), run: () => does.decide("noise") },
      { key: "x", label: t("Not sure: somebody else decides"), run: () => does.decide("unsure") },
      { key: "p", label: t("Private: on or off"), run: does.togglePrivate },
      { key: "s", label: t("Later"), run: () => does.decide("skip") },
      { key: "u", label: t("Take the last decision back"), run: does.undo },
      { key: "Ctrl+z", label: t("The same"), run: does.undo },
    ],
  });
  // The other eight numbers, bound and not listed again.
  document.addEventListener("keydown", (event) => {
    const free = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !document.querySelector("dialog[open]");
    const field = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), select, textarea");
    if (free && !field && /^[2-9]$/.test(event.key)) numbers[Number(event.key) - 1].run();
  });
}
