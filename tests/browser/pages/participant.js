/** One participant on unmodified openvidu-browser: `window.participant` is what the tests call. */

import {
  audibleTone,
  blackPicture,
  brightPicture,
  chosenCandidate,
  framesSent,
  inbound,
  movingPicture,
  rate,
  silence,
  until,
} from "./measure.js";

const SESSION_EVENTS = [
  "connectionCreated",
  "connectionDestroyed",
  "connectionPropertyChanged",
  "exception",
  "networkQualityLevelChanged",
  "reconnected",
  "reconnecting",
  "recordingStarted",
  "recordingStopped",
  "sessionDisconnected",
  "signal",
  "signal:news",
  "streamCreated",
  "streamDestroyed",
  "streamPropertyChanged",
];
/** Longer than any deadline that tests give. */
const CALL_TIMEOUT_MS = 30000;
const SMALL_CAMERA = { resolution: "160x120", frameRate: 20, mirror: false };

const openvidu = new OpenVidu();
const session = openvidu.initSession();
const log = [];
const subscribers = new Map();
const firstConnections = new Map();
let publisher = null;
let connectStartedAt = 0;
let firstFrameMs = null;

openvidu.enableProdMode();

function record(type, event = {}) {
  const { reason, data, changedProperty, newValue, oldValue, from, connection, stream, name, id } = event;
  const streamId = stream?.streamId;
  const connectionId = (connection ?? stream?.connection)?.connectionId;
  const named = { data, changedProperty, newValue, oldValue, name, id, signal: type === "signal" ? event.type : undefined };
  log.push({ type, reason, connectionId, streamId, from: from?.connectionId, ...named });
}

/** The beep as it is: noise suppression would weaken it beyond recognition. */
async function plainMicrophone() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
}

function clapsAndFlashes() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
  const picture = canvas.getContext("2d");
  const audio = new AudioContext();
  const [tone, volume, out] = [audio.createOscillator(), audio.createGain(), audio.createMediaStreamDestination()];
  tone.connect(volume).connect(out);
  tone.start();
  setInterval(() => {
    const isOn = performance.now() % 1000 < 250;
    volume.gain.value = isOn ? 0.5 : 0;
    picture.fillStyle = isOn ? "white" : "black";
    picture.fillRect(0, 0, canvas.width, canvas.height);
  }, 10);
  const [videoSource] = canvas.captureStream(30).getVideoTracks();
  const [audioSource] = out.stream.getAudioTracks();
  return { videoSource, audioSource };
}

function subscribe(stream) {
  const subscriber = session.subscribe(stream, "subscribers");
  subscribers.set(stream.streamId, subscriber);
  subscriber.on("videoElementCreated", ({ element }) => {
    element.requestVideoFrameCallback(() => {
      firstFrameMs ??= performance.now() - connectStartedAt;
      firstConnections.set(stream, stream.getRTCPeerConnection());
    });
  });
}

const videoOf = (streamId) => subscribers.get(streamId).videos[0].video;
const receiverOf = (streamId) => subscribers.get(streamId).stream.getRTCPeerConnection();
const matches = (entry, fields) => Object.entries(fields).every(([key, value]) => entry[key] === value);
const connectionOf = (connectionId) => session.remoteConnections.get(connectionId);
const streamOf = (streamId) => subscribers.get(streamId).stream;

function isRenewed(stream) {
  const connection = stream.getRTCPeerConnection();
  return connection !== firstConnections.get(stream) && connection.connectionState === "connected";
}

function isShownFrom(connection, video) {
  const shown = video.srcObject.getTracks();
  return connection.getReceivers().some(({ track }) => shown.includes(track));
}

const participant = {
  log: () => log,

  /** Media goes through a TURN server or not at all; before `connect`. */
  relayOnly: () => openvidu.setAdvancedConfiguration({ rtcConfiguration: { iceTransportPolicy: "relay" } }),

  /** The router's descriptions are put through `window.relayed`, which names a relay in them; before `connect`. */
  goThroughRelay() {
    const { setRemoteDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
      return setRemoteDescription.call(this, { type, sdp: await window.relayed(sdp) });
    };
  },

  /** Offer *mimeType* before all others; before `publish`. */
  preferCodec(mimeType) {
    const { createOffer } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.createOffer = function (...options) {
      const { codecs } = RTCRtpSender.getCapabilities("video");
      const isPreferred = (codec) => codec.mimeType === mimeType;
      const ordered = [...codecs.filter(isPreferred), ...codecs.filter((codec) => !isPreferred(codec))];
      this.getTransceivers()
        .filter(({ sender }) => sender.track?.kind === "video")
        .forEach((transceiver) => transceiver.setCodecPreferences(ordered));
      return createOffer.apply(this, options);
    };
  },

  async connect(token, data, forceMediaReconnection) {
    if (forceMediaReconnection) {
      openvidu.setAdvancedConfiguration({ forceMediaReconnectionAfterNetworkDrop: true });
    }
    SESSION_EVENTS.forEach((type) => session.on(type, (event) => record(type, event)));
    session.on("streamCreated", ({ stream }) => subscribe(stream));
    connectStartedAt = performance.now();
    await session.connect(token, data);
    return session.connection.connectionId;
  },

  disconnect: () => session.disconnect(),

  async publish(properties) {
    const audioSource = await plainMicrophone();
    publisher = await openvidu.initPublisherAsync(undefined, { ...SMALL_CAMERA, audioSource, ...properties });
    publisher.on("streamDestroyed", (event) => record("ownStreamDestroyed", event));
    await session.publish(publisher);
    firstConnections.set(publisher.stream, publisher.stream.getRTCPeerConnection());
    return publisher.stream.streamId;
  },

  /** A white picture and a tone, both at once, for a quarter of each second. */
  publishClaps: () => participant.publish({ ...clapsAndFlashes(), resolution: undefined, frameRate: 30 }),

  /** Connections from now on offer the dependency descriptor, as Chromium does for a sender of layers. */
  offerLayers() {
    const { addTransceiver } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.addTransceiver = function addLayered(track, init) {
      const layered = track.kind === "video" ? { ...init, sendEncodings: [{ scalabilityMode: "L1T3" }] } : init;
      return addTransceiver.call(this, track, layered);
    };
  },

  /** As an application may do that knows the RTCRtpSender: *changes* to the encodings, and their codec. */
  async encodeVideo(mimeType, changes) {
    const senders = publisher.stream.getRTCPeerConnection().getSenders();
    const sender = senders.find(({ track }) => track?.kind === "video");
    const parameters = sender.getParameters();
    const codec = parameters.codecs.find((each) => each.mimeType === mimeType);
    parameters.encodings.forEach((encoding) => Object.assign(encoding, { codec, ...changes }));
    await sender.setParameters(parameters);
  },

  unpublish: () => session.unpublish(publisher),
  publishAudio: (active) => publisher.publishAudio(active),
  publishVideo: (active) => publisher.publishVideo(active),

  signal: (type, data, to) => session.signal({ type, data, to: to?.map(connectionOf) }),
  forceDisconnect: (connectionId) => session.forceDisconnect(connectionOf(connectionId)),
  forceUnpublish: (streamId) => session.forceUnpublish(streamOf(streamId)),

  waitFor(fields, timeoutMs) {
    const attempt = () => log.find((entry) => matches(entry, fields));
    return until(attempt, timeoutMs, () => `${JSON.stringify(fields)} in ${JSON.stringify(log)}`);
  },

  async whenSubscribed(streamId, timeoutMs) {
    const attempt = () => subscribers.get(streamId)?.videos.length;
    await until(attempt, timeoutMs, () => `a subscription to ${streamId} in ${JSON.stringify(log)}`);
  },

  loseMedia() {
    [publisher.stream, ...[...subscribers.values()].map(({ stream }) => stream)].forEach((stream) => {
      stream.getRTCPeerConnection().close();
    });
  },

  publisherRenewed: (timeoutMs) => until(() => isRenewed(publisher.stream), timeoutMs, () => "a new connection"),

  subscriberRenewed(streamId, timeoutMs) {
    const { stream } = subscribers.get(streamId);
    const attempt = () => isRenewed(stream) && isShownFrom(stream.getRTCPeerConnection(), videoOf(streamId));
    return until(attempt, timeoutMs, () => "a picture from a new connection");
  },

  movingPicture: (streamId, timeoutMs) => movingPicture(videoOf(streamId), timeoutMs),
  brightPicture: (streamId, timeoutMs) => brightPicture(videoOf(streamId), timeoutMs),
  blackPicture: (streamId, timeoutMs) => blackPicture(videoOf(streamId), timeoutMs),
  audibleTone: (streamId, timeoutMs) => audibleTone(videoOf(streamId).srcObject, timeoutMs),
  framesPerSecond: (streamId, durationMs) => rate(receiverOf(streamId), "video", "framesDecoded", durationMs),
  framesSent: (least, timeoutMs) => framesSent(publisher.stream.getRTCPeerConnection(), least, timeoutMs),
  framesReceived: async (streamId) => (await inbound(receiverOf(streamId), "video")).framesReceived ?? 0,
  videoKbps: async (streamId, durationMs) =>
    ((await rate(receiverOf(streamId), "video", "bytesReceived", durationMs)) * 8) / 1000,
  pictureWidth: async (streamId) => (await inbound(receiverOf(streamId), "video")).frameWidth ?? 0,
  keyframeRequests: async (streamId) => (await inbound(receiverOf(streamId), "video")).pliCount ?? 0,
  silence: (streamId, timeoutMs) => silence(receiverOf(streamId), timeoutMs),
  publisherCandidate: () => chosenCandidate(publisher.stream.getRTCPeerConnection()),
  subscriberCandidate: (streamId) => chosenCandidate(receiverOf(streamId)),
  videoCodec: async (streamId) => (await inbound(receiverOf(streamId), "video")).mimeType,
  firstFrameMs: () => firstFrameMs,
};

/** Some promises of openvidu-browser never settle when the server does not answer. */
async function lateness(method) {
  await new Promise((resolve) => setTimeout(resolve, CALL_TIMEOUT_MS));
  throw new Error(`${method} did not settle within ${CALL_TIMEOUT_MS} ms`);
}

/** Errors of openvidu-browser say what they mean in their name, which Playwright does not pass on. */
async function call(method, parameters) {
  try {
    return await Promise.race([participant[method](...parameters), lateness(method)]);
  } catch ({ name, message }) {
    throw new Error(`${name}: ${message}`);
  }
}

window.call = call;
