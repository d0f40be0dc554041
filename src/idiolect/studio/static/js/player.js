// One clip at a time, from lists of clips.

import { t } from "./words.js";
import { tell } from "./tell.js";

const audio = new Audio();

/**
 * Play a clip from its beginning; the same one again stops it.
 * @param {string} clip its id
 */
function playClip(clip) {
  const address = `/api/clips/${clip}/audio.wav`;
  if (!audio.paused && audio.src.endsWith(address)) {
    audio.pause();
    return;
  }
  audio.src = address;
  audio.play().catch((error) => {
    if (error.name !== "AbortError") tell(t("This clip cannot be played."), { kind: "bad" });
  });
}

// Every button that says which clip it plays.
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-play]") : null;
  if (button instanceof HTMLElement) playClip(button.dataset.play ?? "");
});
