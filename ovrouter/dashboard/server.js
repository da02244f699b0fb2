/** Requests to the server that this page comes from. */

/** Its message is to be shown. */
export class AccessError extends Error {
  name = "AccessError";
}

/** Throws AccessError if nobody answers. */
export async function ask(url, options) {
  try {
    // Without credentials the browser leaves a refusal to this page instead of asking for a password by itself.
    return await fetch(url, { ...options, credentials: "omit" });
  } catch {
    throw new AccessError("The server does not answer. Check that it is running and that you are online.");
  }
}

/** Throws AccessError if the answer is a refusal. */
export async function readJson(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new AccessError(body.message ?? `The server refused the request (${response.status}).`);
  }
  return body;
}
