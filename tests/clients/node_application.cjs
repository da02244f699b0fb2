/**
 * An application on unmodified openvidu-node-client, driven from a test.
 *
 *     node node_application.cjs URL SECRET
 *
 * Each line of the standard input is the JSON text of the body of an asynchronous function, which sees `openvidu` (the
 * client), `library` (its module) and `app` (an object to keep things in). The answer is a line {"value": ...} or
 * {"error": message}.
 */

const readline = require("node:readline");
const library = require("openvidu-node-client");

const AsyncFunction = (async () => {}).constructor;
/** The library has no deadlines of its own. */
const CALL_TIMEOUT_MS = 30000;

const [url, secret] = process.argv.slice(2);
const openvidu = new library.OpenVidu(url, secret);
const app = {};

openvidu.enableProdMode();

/** What of a value JSON can tell: sessions know the client that they came from, which knows them. */
const plain = (key, value) => (value instanceof library.OpenVidu ? undefined : value);

async function lateness() {
  await new Promise((resolve) => setTimeout(resolve, CALL_TIMEOUT_MS).unref());
  throw new Error(`not settled within ${CALL_TIMEOUT_MS} ms`);
}

async function answer(body) {
  try {
    const value = await Promise.race([new AsyncFunction("openvidu", "library", "app", body)(openvidu, library, app), lateness()]);
    return { value: value ?? null };
  } catch (error) {
    return { error: String(error.message) };
  }
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)), plain)}\n`);
  }
}

serve();
