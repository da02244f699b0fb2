/** One call: everybody's tiles, the controls, the state of the connection. */

import { clearNotice, showNotice } from "./notice.js";
import { Room } from "./room.js";
import { ScreenShare } from "./screen.js";
import { Grid, Tile } from "./tiles.js";

const element = (id) => document.getElementById(id);
const SPEAKING_CHECK_INTERVAL_MS = 250;
const SPEAKING_LOUDNESS = 0.02;

const END_TEXTS = {
  disconnect: "",
  networkDisconnect: "The connection to the server was lost. You can join again.",
  sessionClosedByServer: "The call was closed by the server.",
  openviduServerStopped: "The server was stopped.",
  forceDisconnectByServer: "You were removed from the call.",
  forceDisconnectByUser: "A moderator removed you from the call.",
};

const grid = new Grid(element("grid"));

export class Call {
  #room = new Room();
  #screen;
  /** By connection id: {name, isScreen, tile, streamId}; a screen has no tile before it is published. */
  #others = new Map();
  #mediaStream;
  #name;
  #ownTile;
  #speakingTimer = 0;
  #finish;

  /** *mediaStream* is null for those who only watch; *requestToken* resolves with a token for one more connection. */
  constructor({ name, mediaStream, requestToken }) {
    this.#name = name;
    this.#mediaStream = mediaStream;
    this.#screen = new ScreenShare(requestToken);
    this.#ownTile = new Tile(name, { own: true });
    this.#listen();
  }

  /** Join with *token* and stay; resolves at the end with a text to show (empty when the visitor left). */
  async run(token, roomName) {
    const ended = new Promise((resolve) => (this.#finish = resolve));
    try {
      const present = await this.#room.join(token, JSON.stringify({ clientData: this.#name }));
      this.#showCall(roomName);
      present.forEach((participant) => this.#add(participant));
      if (this.#mediaStream) {
        // A call that ends meanwhile ends for its own reason, not because publishing failed.
        await Promise.race([this.#room.publish(this.#mediaStream, "CAMERA"), ended]);
      }
      return END_TEXTS[await ended] ?? "The call has ended.";
    } finally {
      await this.#tearDown();
    }
  }

  #listen() {
    const on = (type, handler) => this.#room.addEventListener(type, ({ detail }) => handler(detail));
    on("participantJoined", (participant) => this.#arrived(participant));
    on("participantLeft", ({ connectionId }) => this.#left(connectionId));
    on("streamPublished", ({ connectionId, stream }) => this.#published(connectionId, stream));
    on("streamUnpublished", ({ connectionId }) => this.#unpublished(connectionId));
    on("streamChanged", (change) => this.#changed(change));
    on("track", ({ streamId, mediaStream }) => this.#byStream(streamId)?.tile.show(mediaStream));
    on("recording", (isOn) => this.#showRecording(isOn));
    on("reconnecting", () => this.#showState("Reconnecting…"));
    on("reconnected", () => this.#reconnected());
    on("ended", (reason) => this.#finish(reason));
    this.#screen.addEventListener("changed", () => element("share").setAttribute("aria-pressed", this.#screen.isOn));
  }

  #showCall(roomName) {
    element("lobby").hidden = true;
    element("call").hidden = false;
    element("call-title").textContent = roomName;
    element("call-title").focus();
    this.#showState("Connected");
    this.#ownTile.show(this.#mediaStream);
    grid.add(this.#ownTile);
    this.#bindControls();
    this.#showOwnState();
    this.#othersChanged();
    this.#speakingTimer = setInterval(() => this.#showSpeaking(), SPEAKING_CHECK_INTERVAL_MS);
  }

  #bindControls() {
    element("microphone").onclick = () => this.#toggle("audio");
    element("camera").onclick = () => this.#toggle("video");
    element("share").onclick = () => this.#toggleScreen();
    element("copy").onclick = () => this.#copyLink();
    element("leave").onclick = () => this.#finish("disconnect");
    element("microphone").disabled = !this.#mediaStream?.getAudioTracks().length;
    element("camera").disabled = !this.#mediaStream?.getVideoTracks().length;
    element("share").disabled = navigator.mediaDevices?.getDisplayMedia === undefined;
    element("share").setAttribute("aria-pressed", "false");
  }

  #arrived(participant) {
    this.#add(participant);
    const { name, isScreen } = this.#others.get(participant.id) ?? { isScreen: true };
    if (!isScreen) {
      showNotice(`${name} joined`);
    }
  }

  #add({ id, metadata, streams: [stream] = [] }) {
    const { clientData: name = "Guest", screenOf } = parseMetadata(metadata);
    if (screenOf === this.#room.connectionId || this.#others.has(id)) {
      return;
    }
    const participant = { name, isScreen: screenOf !== undefined, tile: null, streamId: null };
    this.#others.set(id, participant);
    if (!participant.isScreen) {
      this.#addTile(participant);
    }
    if (stream) {
      this.#published(id, stream);
    }
    this.#othersChanged();
  }

  #addTile(participant) {
    const { name, isScreen } = participant;
    participant.tile = new Tile(isScreen ? `${name}’s screen` : name, { isScreen });
    grid.add(participant.tile);
  }

  #left(connectionId) {
    const participant = this.#others.get(connectionId);
    if (participant === undefined) {
      return;
    }
    this.#others.delete(connectionId);
    if (participant.tile) {
      grid.remove(participant.tile);
    }
    if (!participant.isScreen) {
      showNotice(`${participant.name} left`);
    }
    this.#othersChanged();
  }

  async #published(connectionId, stream) {
    const participant = this.#others.get(connectionId);
    if (participant === undefined) {
      return;
    }
    participant.streamId = stream.id;
    if (participant.tile === null) {
      this.#addTile(participant);
    }
    participant.tile.pictureOn = stream.hasVideo && stream.videoActive !== false;
    participant.tile.microphoneOn = participant.isScreen || (stream.hasAudio && stream.audioActive !== false);
    try {
      await this.#room.subscribe(stream.id);
    } catch (error) {
      if (this.#others.get(connectionId)?.streamId === stream.id) {
        showNotice(`${participant.name} cannot be received: ${error.message}`);
      }
    }
  }

  #unpublished(connectionId) {
    const participant = this.#others.get(connectionId);
    if (participant?.tile) {
      participant.streamId = null;
      participant.tile.show(null);
      participant.tile.pictureOn = false;
    } else if (connectionId === this.#room.connectionId) {
      showNotice("Your camera and microphone were switched off by a moderator.");
    }
  }

  #changed({ streamId, property, newValue }) {
    const tile = this.#byStream(streamId)?.tile;
    if (tile && property === "audioActive") {
      tile.microphoneOn = newValue;
    } else if (tile && property === "videoActive") {
      tile.pictureOn = newValue;
    }
  }

  #byStream(streamId) {
    return [...this.#others.values()].find((participant) => participant.streamId === streamId);
  }

  #toggle(kind) {
    const [track] = this.#tracks(kind);
    track.enabled = !track.enabled;
    this.#showOwnState();
    this.#tellOthers(kind);
  }

  /** Lost with the socket is fine: `#reconnected` says it again. */
  #tellOthers(kind) {
    const [property, reason] = kind === "audio" ? ["audioActive", "publishAudio"] : ["videoActive", "publishVideo"];
    const [track] = this.#tracks(kind);
    if (track) {
      this.#room.changeStream(property, track.enabled, reason).catch(() => {});
    }
  }

  #tracks(kind) {
    return this.#mediaStream?.getTracks().filter((track) => track.kind === kind) ?? [];
  }

  #showOwnState() {
    const isOn = (kind) => this.#tracks(kind).some((track) => track.enabled);
    element("microphone").setAttribute("aria-pressed", isOn("audio"));
    element("camera").setAttribute("aria-pressed", isOn("video"));
    this.#ownTile.microphoneOn = isOn("audio");
    this.#ownTile.pictureOn = isOn("video");
  }

  #reconnected() {
    this.#showState("Connected");
    this.#tellOthers("audio");
    this.#tellOthers("video");
  }

  async #toggleScreen() {
    const button = element("share");
    button.disabled = true;
    try {
      if (this.#screen.isOn) {
        await this.#screen.stop();
      } else {
        await this.#screen.start(JSON.stringify({ clientData: this.#name, screenOf: this.#room.connectionId }));
      }
    } catch (error) {
      showNotice(error.message);
    }
    button.disabled = false;
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      showNotice("The room link is in the clipboard");
    } catch {
      showNotice(`The room link: ${location.href}`);
    }
  }

  async #showSpeaking() {
    for (const { tile, streamId } of this.#others.values()) {
      if (tile) {
        tile.speaking = streamId !== null && this.#room.loudness(streamId) > SPEAKING_LOUDNESS;
      }
    }
    this.#ownTile.speaking = (await this.#room.ownLoudness()) > SPEAKING_LOUDNESS;
  }

  #othersChanged() {
    const people = [...this.#others.values()].filter(({ isScreen }) => !isScreen).length;
    element("alone").hidden = people > 0;
    document.title = `${element("call-title").textContent} (${people + 1}) – ovrouter call`;
  }

  #showRecording(isOn) {
    element("recording").hidden = !isOn;
    showNotice(isOn ? "This call is being recorded" : "The recording has ended");
  }

  #showState(text) {
    element("connection-state").textContent = text;
    element("connection-state").classList.toggle("trouble", text !== "Connected");
  }

  async #tearDown() {
    clearInterval(this.#speakingTimer);
    await Promise.all([this.#screen.stop(), this.#room.leave()]);
    clearNotice();
    element("recording").hidden = true;
    grid.clear();
    document.title = "ovrouter call";
  }
}

/** `client data%/%server data`, the first part being JSON for participants of this page and free text for others. */
function parseMetadata(text) {
  const [clientData] = text.split("%/%");
  try {
    return Object(JSON.parse(clientData));
  } catch {
    return { clientData };
  }
}
