// How two people agree, and the clips about which they differ.

import { $, el } from "./dom.js";
import { get, post } from "./api.js";
import { percent } from "./numbers.js";
import { difference } from "./review-view.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * Ask again and show it.
 * @param {(clip: string) => void} open
 */
export async function showAgreement(open) {
  const found = await get("/api/review/agreement");
  const box = $("#agree");
  box.replaceChildren();
  const anything = found.everybody.clips > 0 || found.unsure.length > 0;
  box.hidden = !anything;
  $("#agree-none").hidden = anything;
  if (found.everybody.clips) box.append(table(found));
  if (found.disputes.length) {
    box.append(el("h3", {}, t("They differ: you decide")));
    const list = el("ul", { class: "disputes" });
    for (const one of found.disputes) {
      const said = el("div", {}, el("p", {}, el("strong", {}, one.first.person), `: ${one.first.text || t("(nobody speaks)")}`));
      for (const other of one.others) said.append(el("p", {}, el("strong", {}, other.person), ": ", difference(other.pieces)));
      list.append(el("li", {}, said, el("button", { class: "button", type: "button", onclick: () => open(one.id) }, t("Hear and decide"))));
    }
    box.append(list);
    if (found.more) box.append(el("p", { class: "muted" }, t("and {n} more", { n: found.more })));
  }
  if (found.unsure.length) {
    box.append(el("h3", {}, t("Somebody was not sure")));
    const row = el("div", { class: "row" });
    for (const id of found.unsure) row.append(el("button", { class: "button mono", type: "button", "aria-label": `${t("Hear and decide")}: ${id.slice(0, 8)}`, onclick: () => open(id) }, id.slice(0, 8)));
    box.append(row);
  }
}

/** @param {any} found */
function table(found) {
  const head = [t("Who"), t("Clips"), t("Same words"), t("Words that differ"), t("Kappa")];
  const rows = found.pairs.length > 1 ? [found.everybody, ...found.pairs] : found.pairs;
  const body = rows.map((/** @type {any} */ one) =>
    el("tr", {},
      el("th", { scope: "row" }, one.people.join(" + ") || t("everybody")),
      el("td", { class: "number" }, one.clips),
      el("td", { class: "number" }, `${Math.round((100 * one.same) / one.clips)} %`),
      el("td", { class: "number" }, one.wer === null ? "–" : percent(one.wer)),
      el("td", { class: "number" }, one.kappa === null ? "–" : one.kappa.toFixed(2))));
  const made = el("table", { class: "table" },
    el("caption", {}, t("Kappa compares what people did (right, edited, nobody speaks): 0 is chance, 1 is always alike.")),
    el("thead", {}, el("tr", {}, ...head.map((title, place) => el("th", { scope: "col", class: place ? "number" : null }, title)))),
    el("tbody", {}, ...body));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "agree-title" }, made);
}

/** The owner chooses how many clips two people are asked about. */
export function bindShare() {
  const select = /** @type {HTMLSelectElement | null} */ (document.querySelector("#share"));
  select?.addEventListener("change", async () => {
    try {
      await post("/api/review/double", { share: Number(select.value) });
      tell(t("Two people are asked about {n} % of the clips.", { n: Math.round(100 * Number(select.value)) }), { kind: "good" });
    } catch (error) {
      tellError(error);
    }
  });
}
