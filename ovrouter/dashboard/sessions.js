/** Entry of the operator's page: asks every two seconds what goes on, for as long as somebody looks. */

import { History } from "./history.js";
import { withSecret } from "./secret.js";
import { ask, AccessError, readJson } from "./server.js";
import { SessionCard } from "./session_card.js";

const SESSIONS_URL = "/openvidu/api/sessions";
const PERIOD_MS = 2000;
/** Sessions that are shown open without being asked to. */
const OPEN_AT_FIRST = 3;

const element = (id) => document.getElementById(id);
const cards = new Map();

class GivenUp extends Error {}

async function read(url) {
  const response = await withSecret((headers) => ask(url, { headers }));
  if (response === null) {
    throw new GivenUp();
  }
  return readJson(response);
}

async function refresh() {
  const sessions = (await read(SESSIONS_URL)).content.filter((session) => session.connections.numberOfElements > 0);
  showTotals(sessions);
  for (const [id, card] of cards) {
    if (!sessions.some((session) => session.id === id)) {
      card.remove();
      cards.delete(id);
    }
  }
  for (const session of sessions) {
    const card = cardOf(session);
    card.show(session, card.isOpen ? await qualityOf(session, card.history) : null);
  }
}

function cardOf({ id }) {
  if (!cards.has(id)) {
    cards.set(id, new SessionCard(element("list"), new History(), cards.size < OPEN_AT_FIRST));
  }
  return cards.get(id);
}

/** What is new of its subscriptions goes into *history*; null if it ended meanwhile. */
async function qualityOf({ id }, history) {
  const url = `/ovrouter/api/sessions/${encodeURIComponent(id)}/quality?seconds=${history.missingSeconds()}`;
  const response = await withSecret((headers) => ask(url, { headers }));
  if (response === null || response.status === 404) {
    return null;
  }
  const quality = await readJson(response);
  history.add(quality.subscriptions);
  return quality;
}

function showTotals(sessions) {
  const people = sessions.reduce((sum, session) => sum + session.connections.numberOfElements, 0);
  const isEmpty = sessions.length === 0;
  element("empty").hidden = !isEmpty;
  element("legend").hidden = isEmpty;
  element("totals").textContent = isEmpty ? "" : `${count(sessions.length, "session")}, ${count(people, "person", "people")}`;
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

function showTrouble(text, mayRetry) {
  element("trouble").hidden = text === "";
  element("trouble").textContent = text;
  element("retry").hidden = !mayRetry;
}

const pause = (duration_ms) => new Promise((resolve) => setTimeout(resolve, duration_ms));

function seen() {
  return new Promise((resolve) => {
    if (!document.hidden) {
      resolve();
    } else {
      document.addEventListener("visibilitychange", () => resolve(seen()), { once: true });
    }
  });
}

function retried() {
  return new Promise((resolve) => {
    element("retry").onclick = resolve;
  });
}

async function main() {
  for (;;) {
    try {
      await refresh();
      showTrouble("", false);
    } catch (error) {
      if (error instanceof GivenUp) {
        showTrouble("Without the secret there is nothing to see.", true);
        await retried();
        continue;
      }
      if (!(error instanceof AccessError)) {
        console.error(error);
      }
      showTrouble(error.message, false);
    }
    await pause(PERIOD_MS);
    await seen();
  }
}

main();
