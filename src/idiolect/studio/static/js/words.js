// The texts of scripts, in the language of the page.

/** @type {Record<string, string>} */
const catalog = await load(document.body.dataset.words);

/**
 * The message in the language of the page, with `{name}` filled in.
 * @param {string} message English; the key of the catalog
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(message, values = {}) {
  const said = catalog[message] ?? message;
  return said.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * @param {string | undefined} address
 * @returns {Promise<Record<string, string>>}
 */
async function load(address) {
  if (!address) return {};
  const answer = await fetch(address);
  return answer.ok ? answer.json() : {};
}
