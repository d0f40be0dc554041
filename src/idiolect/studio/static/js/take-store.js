// Takes in this browser, until the server has them: IndexedDB, which outlives a closed tab.

/**
 * @typedef {object} Stored
 * @property {string} id
 * @property {string} speaker
 * @property {number} rate
 * @property {string | null} text
 * @property {string} device
 * @property {string} session
 * @property {number} began milliseconds since 1970
 * @property {number} next number of the next part
 * @property {number} samples in all parts so far
 * @property {"" | "here" | "there"} ended "here": recorded to its end; "there": the server has all of it
 * @property {"" | "keep" | "drop"} wish what the person decided
 * @property {number} from number of the first part of this sitting: 0, or later where an old take goes on
 */

const NAME = "idiolect-takes";

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("takes", { keyPath: "id" });
      request.result.createObjectStore("parts", { keyPath: ["take", "number"] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/**
 * One transaction; the answer comes when it is on disk.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(takes: IDBObjectStore, parts: IDBObjectStore) => IDBRequest<T> | void} work
 * @returns {Promise<T>}
 */
async function transaction(mode, work) {
  const made = (await database()).transaction(["takes", "parts"], mode, { durability: "strict" });
  const request = work(made.objectStore("takes"), made.objectStore("parts"));
  return new Promise((resolve, reject) => {
    made.oncomplete = () => resolve(/** @type {T} */ (request ? request.result : undefined));
    made.onabort = made.onerror = () => reject(made.error);
  });
}

/** @param {string} id */
const allOf = (id) => IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);

/**
 * @param {Stored} take
 * @returns {Promise<unknown>}
 */
export function putTake(take) {
  const row = { ...take }; // as it is now, not when the database opens
  return transaction("readwrite", (takes) => takes.put(row));
}

/**
 * All that are here, oldest first.
 * @returns {Promise<Stored[]>}
 */
export async function storedTakes() {
  const found = await transaction("readonly", (takes) => takes.getAll());
  return found.sort((one, other) => one.began - other.began);
}

/**
 * A part, and how far its take is by it: both or neither.
 * @param {Stored} take
 * @param {number} number
 * @param {Int16Array<ArrayBuffer>} pcm
 * @returns {Promise<void>}
 */
export function putPart(take, number, pcm) {
  const row = { ...take };
  return transaction("readwrite", (takes, parts) => {
    parts.put({ take: take.id, number, data: pcm.buffer });
    takes.put(row);
  });
}

/**
 * The numbers of the parts that are here.
 * @param {string} id
 * @returns {Promise<number[]>}
 */
export async function partNumbers(id) {
  const found = await transaction("readonly", (_, parts) => parts.getAllKeys(allOf(id)));
  return found.map((key) => Number(/** @type {IDBValidKey[]} */ (key)[1]));
}

/**
 * @param {string} id
 * @param {number} number
 * @returns {Promise<ArrayBuffer | undefined>}
 */
export async function part(id, number) {
  const found = await transaction("readonly", (_, parts) => parts.get([id, number]));
  return found?.data;
}

/**
 * @param {string} id
 * @param {number} number
 * @returns {Promise<unknown>}
 */
export function removePart(id, number) {
  return transaction("readwrite", (_, parts) => parts.delete([id, number]));
}

/**
 * @param {string} id
 * @returns {Promise<unknown>}
 */
export function removeTake(id) {
  return transaction("readwrite", (takes, parts) => {
    takes.delete(id);
    parts.delete(allOf(id));
  });
}
