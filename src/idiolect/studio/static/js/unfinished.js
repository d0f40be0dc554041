// Takes that were neither kept nor thrown away: of a page that was closed, or a server that was killed.

import { get, post } from "./api.js";
import { $, el } from "./dom.js";
import { minutes } from "./coverage.js";
import { moment } from "./numbers.js";
import { tell } from "./tell.js";
import { t } from "./words.js";

/** @typedef {{id: string, text: string | null, seconds: number, began: string, whole: boolean, next: number, rate: number}} Take */

/**
 * @typedef {object} Actions
 * @property {(take: Take) => void} play
 * @property {(take: Take) => void} goOn
 * @property {(id: string) => boolean} mine whether this page is at it
 * @property {() => void} changed
 */

/**
 * Show those of a speaker; nothing where there is none.
 * @param {string} speaker
 * @param {Actions} actions
 */
export async function showUnfinished(speaker, actions) {
  /** @type {Take[]} */
  const takes = (await get(`/api/record/takes?speaker=${encodeURIComponent(speaker)}`)).filter((/** @type {Take} */ one) => !actions.mine(one.id));
  $("#unfinished").hidden = !takes.length;
  $("#takes").replaceChildren(...takes.map((take) => row(take, speaker, actions)));
}

/**
 * @param {Take} take
 * @param {string} speaker
 * @param {Actions} actions
 */
function row(take, speaker, actions) {
  const again = () => showUnfinished(speaker, actions);
  const when = moment(take.began);
  const title = take.text ?? t("Free speech");
  const button = (/** @type {string} */ label, /** @type {() => Promise<unknown>} */ run) =>
    el("button", { class: "button small", type: "button", "aria-label": `${label}: ${title}`, onclick: () => run().finally(again) }, label);
  const keep = async () => {
    await whole(take);
    await post(`/api/record/takes/${take.id}/keep`);
    tell(t("Kept."), { kind: "good" });
    actions.changed();
  };
  return el(
    "li",
    {},
    el("p", { class: "clip-text" }, title),
    el("p", { class: "muted small" }, `${when} · ${minutes(take.seconds)}`),
    el(
      "div",
      { class: "row" },
      button(t("Hear"), async () => {
        await whole(take);
        actions.play(take);
      }),
      button(t("Keep"), keep),
      take.text === null && button(t("Go on"), async () => actions.goOn(take)),
      button(t("Throw away"), () => post(`/api/record/takes/${take.id}/drop`)),
    ),
  );
}

/**
 * A take that nobody ended has what came up to its first gap.
 * @param {Take} take
 */
async function whole(take) {
  if (!take.whole) await post(`/api/record/takes/${take.id}/end`, {});
}
