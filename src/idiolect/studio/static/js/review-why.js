// Why a clip is here: the queue says it in English, with numbers and names in it.

import { t } from "./words.js";

/** What the queue says, and the message it is. @type {[RegExp, string][]} */
const SAYINGS = [
  [/^(?<n>\d+) teachers disagree on (?<share>\d+)% of it, about (?<words>[\d.]+) words wrong$/, t("{n} teachers disagree on {share} % of it, about {words} words wrong")],
  [/^the teacher is (?<sure>\d+)% sure, about (?<words>[\d.]+) words wrong$/, t("the teacher is {sure} % sure, about {words} words wrong")],
  [/^all (?<n>\d+) teachers agree and are (?<sure>\d+)% sure, about (?<words>[\d.]+) words wrong$/, t("all {n} teachers agree and are {sure} % sure, about {words} words wrong")],
  [/^no label yet$/, t("no label yet")],
  [/^rare terms nobody confirmed: (?<terms>.*)$/, t("rare terms nobody confirmed: {terms}")],
  [/^nothing of (?<name>.*) is reviewed$/, t("nothing of {name} is reviewed")],
  [/^drawn at random \((?<share>\d+)% are, for honest estimates\)$/, t("drawn at random ({share} % are, for honest estimates)")],
  [/^a second opinion is wanted$/, t("a second opinion is wanted")],
  [/^(?<name>.*) reviewed it$/, t("reviewed by {name}")],
  [/^(?<names>.*) differ$/, t("{names} differ")],
];

/**
 * A reason in the language of the page; one that is not known stays as it is.
 * @param {string} reason
 * @returns {string}
 */
export function inWords(reason) {
  for (const [pattern, message] of SAYINGS) {
    const found = pattern.exec(reason);
    if (found) return message.replace(/\{(\w+)\}/g, (whole, name) => found.groups?.[name] ?? whole);
  }
  return reason;
}
