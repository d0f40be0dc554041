// Requests to this server. What goes wrong is an ApiError with the server's own words.

export class ApiError extends Error {
  /**
   * @param {string} message what was found
   * @param {string} hint what to do next
   * @param {number} status of the answer; 0 where there was none
   */
  constructor(message, hint, status) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export function get(path) {
  return ask("GET", path);
}

/**
 * @param {string} path
 * @param {unknown} [body] sent as JSON, or as it is where it is bytes
 * @returns {Promise<any>}
 */
export function post(path, body = {}) {
  return ask("POST", path, body);
}

/**
 * Bytes that are only read, asked for until the studio gives all of them: it may be starting again.
 * @param {string} path
 * @param {() => boolean} wanted whether they still are
 * @returns {Promise<ArrayBuffer | null>} null where they are not wanted any more
 */
export async function bytesOf(path, wanted) {
  for (let wait = 250; wanted(); wait = Math.min(2 * wait, 4000)) {
    try {
      const answer = await fetch(path);
      if (!answer.ok) throw new ApiError(answer.statusText, "", answer.status);
      return await answer.arrayBuffer();
    } catch (error) {
      if (error instanceof ApiError) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return null;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function ask(method, path, body) {
  const raw = body instanceof Blob || body instanceof ArrayBuffer || body instanceof FormData;
  /** @type {RequestInit} */
  const request = { method, credentials: "same-origin" };
  if (body !== undefined) {
    request.body = raw ? /** @type {BodyInit} */ (body) : JSON.stringify(body);
    if (!raw) request.headers = { "content-type": "application/json" };
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new ApiError("The studio does not answer.", "Is idiolect studio still running? What you did is tried again when it is.", 0);
  }
  const text = await answer.text();
  const said = (answer.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : text;
  if (!answer.ok) throw new ApiError(said.error ?? text ?? answer.statusText, said.hint ?? "", answer.status);
  return said;
}
