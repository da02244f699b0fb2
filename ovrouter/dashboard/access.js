/** Tokens for the call page: asks the server for them, and its visitor for the server's secret where one is needed. */

import { withSecret } from "./secret.js";
import { ask, readJson } from "./server.js";

const CALL_URL = "/ovrouter/api/call";

/**
 * A token URL for *name* in *session*, or null when the visitor gives up. Throws AccessError.
 */
export async function fetchToken(session, name) {
  const isOpen = (await readJson(await ask(CALL_URL))).demo;
  const response = await (isOpen ? post(session, name, {}) : withSecret((headers) => post(session, name, headers)));
  return response && (await readJson(response)).token;
}

function post(session, name, headers) {
  return ask(CALL_URL, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ session, name }),
  });
}
