// Files go to the server one by one, then an import reads them in a process of its own.

import { $, el } from "./dom.js";
import { ApiError, post } from "./api.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * @typedef {object} Chosen
 * @property {string} name with its folders
 * @property {File} file
 * @property {HTMLLIElement} row
 * @property {boolean} sent
 */

/** @type {Map<string, Chosen>} */
const chosen = new Map();
/** Where files lie that came in dropped folders. @type {WeakMap<File, string>} */
const places = new WeakMap();
/** The batch that files go to; kept after a failure, so that the next try sends only what is missing. */
let batch = "";

/** @param {Iterable<File>} files */
function add(files) {
  for (const file of files) {
    const name = places.get(file) || file.webkitRelativePath || file.name;
    if (file.name.startsWith(".") || chosen.has(name)) continue;
    const remove = el("button", { class: "button quiet", type: "button", "aria-label": t("Leave out {name}", { name }), onclick: () => leaveOut(name) }, "×");
    const row = el("li", {}, el("span", { class: "name" }, name), el("span", { class: "muted small number" }, size(file.size)), remove);
    chosen.set(name, { name, file, row, sent: false });
    $("#files").append(row);
  }
  account();
}

/** @param {string} name */
function leaveOut(name) {
  chosen.get(name)?.row.remove();
  chosen.delete(name);
  account();
}

function account() {
  const files = [...chosen.values()];
  const bytes = files.reduce((sum, one) => sum + one.file.size, 0);
  $("#account").textContent = files.length ? t("{n} files, {size}", { n: files.length, size: size(bytes) }) : "";
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * Send one file and show how far it is. XMLHttpRequest, because fetch does not tell.
 * @param {Chosen} one
 * @returns {Promise<void>}
 */
function send(one) {
  const bar = el("progress", { max: one.file.size, value: 0, "aria-label": one.file.name });
  one.row.append(bar);
  return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/import/${batch}/file?name=${encodeURIComponent(one.name)}`);
    request.upload.addEventListener("progress", (event) => (bar.value = event.loaded));
    request.addEventListener("error", () => reject(new ApiError(t("The studio does not answer."), t("Press Import again: what has arrived is not sent again."), 0)));
    request.addEventListener("load", () => {
      if (request.status === 200) return resolve(undefined);
      const said = JSON.parse(request.responseText);
      reject(new ApiError(said.error, said.hint, request.status));
    });
    request.send(one.file);
  })).then(() => {
    one.sent = true;
    bar.replaceWith(el("span", { class: "badge good" }, t("there")));
  }).finally(() => bar.remove());
}

/** @param {SubmitEvent} event */
async function start(event) {
  event.preventDefault();
  if (!chosen.size) return void tell(t("Choose files first."), { kind: "bad" });
  const button = /** @type {HTMLButtonElement} */ ($("#import"));
  const form = /** @type {HTMLFormElement} */ ($("#form"));
  button.disabled = true;
  try {
    batch ||= (await post("/api/import")).batch;
    for (const one of chosen.values()) if (!one.sent) await send(one);
    const fields = Object.fromEntries(new FormData(form));
    await post(`/api/import/${batch}/start`, { ...fields, prompted: "prompted" in fields });
    tell(t("The import runs. You may go on; it ends by itself."), { kind: "good" });
    document.dispatchEvent(new CustomEvent("job"));
    batch = "";
    chosen.clear();
    $("#files").replaceChildren();
    account();
  } catch (error) {
    tellError(error);
  } finally {
    button.disabled = false;
  }
}

/** @param {SubmitEvent} event */
async function teach(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ ($("#teacher")));
  const [kind, ...name] = String(fields.get("who")).split(":");
  try {
    await post("/api/label", { [kind]: name.join(":"), task: fields.get("task") });
    tell(t("The teacher listens. You may go on; it ends by itself."), { kind: "good" });
    document.dispatchEvent(new CustomEvent("job"));
  } catch (error) {
    tellError(error);
  }
}

/**
 * The files of what was dropped: folders are walked.
 * @param {FileSystemEntry | null} entry
 * @returns {Promise<File[]>}
 */
async function filesIn(entry) {
  if (!entry) return [];
  if (entry.isFile) {
    /** @type {File} */
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    places.set(file, entry.fullPath.replace(/^\//, ""));
    return [file];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const inner of some) found.push(...(await filesIn(inner)));
  }
}

for (const id of ["#choose", "#choose-folder"]) {
  const input = /** @type {HTMLInputElement} */ ($(id));
  input.addEventListener("change", () => (add(input.files ?? []), (input.value = "")));
}
const drop = $("#drop");
drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over")));
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  for (const entry of entries) add(await filesIn(entry));
});
$("#form").addEventListener("submit", (event) => void start(/** @type {SubmitEvent} */ (event)));
$("#teacher").addEventListener("submit", (event) => void teach(/** @type {SubmitEvent} */ (event)));
