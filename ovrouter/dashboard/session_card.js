/** One Session on the operator's page: who is there, and for each subscription what is seen and why. */

import { sparkline } from "./sparkline.js";

const REASONS = {
  wanted: "gets all there is",
  bandwidth: "the path carries no more",
  limit: "kept to the maximum that was set",
  "publisher lacks it": "the publisher sends no more",
  "waiting for keyframe": "waits for a keyframe",
  paused: "paused: too much for the path",
};

export class SessionCard {
  #details;

  /** Appended to *list*; *history* has what was told of its subscriptions. */
  constructor(list, history, isOpen) {
    this.history = history;
    this.#details = document.getElementById("session-template").content.firstElementChild.cloneNode(true);
    this.#details.open = isOpen;
    list.append(this.#details);
  }

  get isOpen() {
    return this.#details.open;
  }

  remove() {
    this.#details.remove();
  }

  /** *session* and *quality* as the server tells them; *quality* is null for one that is not open. */
  show(session, quality) {
    const names = namesOf(session);
    this.#find("h2").textContent = session.id;
    this.#find(".people").textContent = [...names.values()].join(", ");
    this.#find(".badges").replaceChildren(...badges(session, names.get(quality?.activeSpeaker)));
    if (quality !== null) {
      this.#find(".nothing").hidden = quality.subscriptions.length > 0;
      this.#find("table").hidden = quality.subscriptions.length === 0;
      this.#find("tbody").replaceChildren(...quality.subscriptions.map((each) => this.#row(each, session, names)));
    }
  }

  #row(subscription, session, names) {
    const samples = this.history.of(subscription);
    const sum = (member) => samples.reduce((total, sample) => total + sample[member], 0);
    const row = document.createElement("tr");
    const now = samples.at(-1);
    const heading = document.createElement("th");
    heading.scope = "row";
    heading.append(names.get(subscription.connectionId), small(` sees ${publisherOf(subscription.streamId, session, names)}`));
    row.append(heading);
    if (now === undefined) {
      row.append(cell("Layer", "nothing sent yet"));
      row.lastChild.colSpan = 8;
      return row;
    }
    row.append(
      cell("Layer", layers(now)),
      cell("Why", REASONS[now.reason] ?? now.reason),
      cell("Sent", kbps(now.sentKbps), sparkline(samples)),
      number("Path carries", now.estimateKbps ? kbps(now.estimateKbps) : "not known"),
      number("Loss", `${now.lossPercent} %`, now.lossPercent > 1),
      number("Round trip", `${now.roundTripMs} ms`),
      number("Freezes", sum("freezes"), sum("freezes") > 0),
      number("Keyframe requests", sum("keyframeRequests")),
    );
    return row;
  }

  #find(selector) {
    return this.#details.querySelector(selector);
  }
}

function badges(session, speaker) {
  const shown = [];
  if (session.recording) {
    shown.push(badge("recording", "Recording"));
  }
  if (session.broadcasting) {
    shown.push(badge("broadcasting", "Broadcasting"));
  }
  if (speaker !== undefined) {
    shown.push(badge("speaking", `${speaker} speaks`));
  }
  return shown;
}

function badge(kind, text) {
  const element = document.createElement("span");
  element.className = `badge ${kind}`;
  element.textContent = text;
  return element;
}

/** What each Connection is called, by id. */
function namesOf(session) {
  return new Map(session.connections.content.map((connection) => [connection.id, nameOf(connection)]));
}

/** The name in the data of call page and tutorials, else the data, else the id. */
function nameOf({ id, serverData, clientData }) {
  for (const data of [serverData, clientData].filter(Boolean)) {
    try {
      const { name, clientData: told, userName } = JSON.parse(data);
      const found = name ?? told ?? userName;
      if (typeof found === "string" && found !== "") {
        return found;
      }
    } catch {
      return data;
    }
  }
  return id;
}

function publisherOf(streamId, session, names) {
  for (const { id, publishers } of session.connections.content) {
    const stream = publishers.find((publisher) => publisher.streamId === streamId);
    if (stream) {
      const name = names.get(id);
      return stream.mediaOptions.typeOfVideo === "SCREEN" ? `${name}’s screen` : name;
    }
  }
  return streamId;
}

/** Pictures and frame rates are counted from 1, the smallest. */
function layers({ layer, wantedLayer }) {
  const current = layerText(layer);
  const wanted = layerText(wantedLayer);
  return current === wanted ? current : `${current}, should be ${wanted}`;
}

function layerText(layer) {
  return layer === null ? "none" : `size ${layer.spatial + 1}, rate ${layer.temporal + 1}`;
}

function kbps(value) {
  return `${value.toLocaleString("en")} kbit/s`;
}

function cell(label, ...content) {
  const element = document.createElement("td");
  element.dataset.label = label;
  element.append(...content);
  return element;
}

function number(label, value, isBad = false) {
  const element = cell(label, value);
  element.classList.add("number");
  element.classList.toggle("bad", isBad);
  return element;
}

function small(text) {
  const element = document.createElement("span");
  element.className = "soft";
  element.textContent = text;
  return element;
}
