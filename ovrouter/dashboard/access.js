/** Tokens for the call page: asks the server for them, and its visitor for the server's secret where one is needed. */

const CALL_URL = "/ovrouter/api/call";
const USER = "OPENVIDUAPP";
const STORAGE_KEY = "ovrouter-secret";

export class AccessError extends Error {
  name = "AccessError";
}

/**
 * A token URL for *name* in *session*, or null when the visitor gives up.
 *
 * *askSecret* is called with a note (empty, or why it asks again) and resolves with the secret, or null to give up.
 * Throws AccessError with a text to show.
 */
export async function fetchToken(session, name, askSecret) {
  if ((await readJson(await call())).demo) {
    return token(await post(session, name, null));
  }
  let secret = sessionStorage.getItem(STORAGE_KEY) ?? (await askSecret(""));
  while (secret !== null) {
    const response = await post(session, name, secret);
    if (response.status !== 401) {
      sessionStorage.setItem(STORAGE_KEY, secret);
      return token(response);
    }
    sessionStorage.removeItem(STORAGE_KEY);
    secret = await askSecret("That secret is not the server’s. Please try again.");
  }
  return null;
}

async function token(response) {
  return (await readJson(response)).token;
}

function post(session, name, secret) {
  const headers = { "Content-Type": "application/json" };
  if (secret !== null) {
    headers.Authorization = `Basic ${base64(`${USER}:${secret}`)}`;
  }
  return call({ method: "POST", headers, body: JSON.stringify({ session, name }) });
}

async function call(options) {
  try {
    // Without credentials the browser leaves a refusal to this page instead of asking for a password by itself.
    return await fetch(CALL_URL, { ...options, credentials: "omit" });
  } catch {
    throw new AccessError("The server does not answer. Check that it is running and that you are online.");
  }
}

async function readJson(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new AccessError(body.message ?? `The server refused the request (${response.status}).`);
  }
  return body;
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
