/** One participant of a Session: join, publish, subscribe, leave. One RTCPeerConnection per stream and direction. */

import { RpcClient } from "./rpc.js";

/**
 * Events (detail): `participantJoined` {id, metadata}, `participantLeft` {connectionId}, `streamPublished`
 * {connectionId, stream}, `streamUnpublished` {connectionId}, `streamChanged` {streamId, property, newValue}, `track`
 * {streamId, mediaStream}, `recording` (whether the Session is being recorded), `reconnecting`, `reconnected`, `ended` (a
 * reason such as `sessionClosedByServer`).
 */
export class Room extends EventTarget {
  connectionId = null;
  streamId = null;
  #rpc = null;
  #iceServers = [];
  #publisher = null;
  #subscribers = new Map();

  /** Join with a token URL. Resolves with the participants already there; `streams` is absent or has one item. */
  async join(token, metadata) {
    const sessionId = new URL(token).searchParams.get("sessionId");
    // The host of this page, not the token's: the page may be open under another name of the server.
    this.#rpc = new RpcClient(`wss://${location.host}/openvidu?sessionId=${encodeURIComponent(sessionId)}`);
    this.#rpc.addEventListener("notification", ({ detail }) => this.#notified(detail.method, detail.params));
    this.#rpc.addEventListener("reconnecting", () => this.#emit("reconnecting"));
    this.#rpc.addEventListener("reconnected", () => {
      this.#renewBroken();
      this.#emit("reconnected");
    });
    this.#rpc.addEventListener("lost", ({ detail }) => this.#end(detail));
    await this.#rpc.open();
    const joined = await this.#rpc.request("joinRoom", {
      token,
      session: sessionId,
      platform: navigator.userAgent,
      sdkVersion: "2.32.2",
      metadata,
      secret: "",
      recorder: false,
      stt: false,
    });
    this.connectionId = joined.id;
    this.#iceServers = (joined.customIceServers ?? []).map(({ url, ...access }) => ({ urls: url, ...access }));
    if (joined.recordingId !== undefined) {
      this.#emit("recording", true);
    }
    return joined.value;
  }

  /** Publish the tracks of *mediaStream*; *typeOfVideo* is CAMERA or SCREEN. */
  async publish(mediaStream, typeOfVideo) {
    const connection = this.#newConnection(this.connectionId);
    this.#publisher = connection;
    for (const track of mediaStream.getTracks()) {
      connection.addTransceiver(track, { direction: "sendonly", streams: [mediaStream] });
    }
    await connection.setLocalDescription();
    const [audio] = mediaStream.getAudioTracks();
    const [video] = mediaStream.getVideoTracks();
    const { width, height, frameRate } = video?.getSettings() ?? {};
    const published = await this.#rpc.request("publishVideo", {
      sdpOffer: connection.localDescription.sdp,
      doLoopback: false,
      hasAudio: audio !== undefined,
      hasVideo: video !== undefined,
      ...(audio && { audioActive: audio.enabled }),
      ...(video && {
        videoActive: video.enabled,
        typeOfVideo,
        frameRate: Math.round(frameRate ?? -1),
        videoDimensions: JSON.stringify({ width, height }),
      }),
    });
    this.streamId = published.id;
    await connection.setRemoteDescription({ type: "answer", sdp: published.sdpAnswer });
  }

  /** Receive a stream; its tracks arrive as a `track` event. */
  async subscribe(streamId) {
    const { sdpOffer } = await this.#rpc.request("prepareReceiveVideoFrom", { sender: streamId, reconnect: false });
    const sdpAnswer = await this.#answer(streamId, sdpOffer);
    await this.#rpc.request("receiveVideoFrom", { sender: streamId, sdpAnswer });
  }

  /** Tell the others that a property of the own stream has changed (signaling.md 7.9). */
  async changeStream(property, newValue, reason) {
    await this.#rpc.request("streamPropertyChanged", { streamId: this.streamId, property, newValue, reason });
  }

  /** Leave and free everything; safe to call twice. */
  async leave() {
    this.#closeMedia();
    await this.#rpc?.request("leaveRoom").catch(() => {});
    this.#rpc?.close();
  }

  /** Loudness of a received stream, 0 to 1. */
  loudness(streamId) {
    const receivers = this.#subscribers.get(streamId)?.getReceivers() ?? [];
    const audio = receivers.find((receiver) => receiver.track.kind === "audio");
    return audio?.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  /** Loudness of what the own microphone sends, 0 to 1. */
  async ownLoudness() {
    const report = (await this.#publisher?.getStats()) ?? new Map();
    const isMicrophone = ({ type, kind }) => type === "media-source" && kind === "audio";
    return [...report.values()].find(isMicrophone)?.audioLevel ?? 0;
  }

  #newConnection(endpointName) {
    const connection = new RTCPeerConnection({ iceServers: this.#iceServers });
    connection.onicecandidate = ({ candidate }) => candidate && this.#sendCandidate(endpointName, candidate);
    connection.onconnectionstatechange = () => this.#renewBroken();
    return connection;
  }

  #sendCandidate(endpointName, { candidate, sdpMid, sdpMLineIndex }) {
    this.#rpc.request("onIceCandidate", { endpointName, candidate, sdpMid, sdpMLineIndex }).catch(() => {});
  }

  async #answer(streamId, sdpOffer) {
    this.#subscribers.get(streamId)?.close();
    const publisherId = streamId.slice(streamId.lastIndexOf("con_"));
    const connection = this.#newConnection(publisherId);
    this.#subscribers.set(streamId, connection);
    connection.ontrack = ({ streams: [mediaStream] }) => this.#emit("track", { streamId, mediaStream });
    await connection.setRemoteDescription({ type: "offer", sdp: sdpOffer });
    await connection.setLocalDescription();
    return connection.localDescription.sdp;
  }

  /** Replace each failed connection; without a socket it waits for the next `reconnected`. */
  #renewBroken() {
    const ignoreUntilReconnected = () => {};
    if (this.#publisher?.connectionState === "failed") {
      this.#renewPublisher().catch(ignoreUntilReconnected);
    }
    for (const [streamId, connection] of this.#subscribers) {
      if (connection.connectionState === "failed") {
        this.#renewSubscriber(streamId).catch(ignoreUntilReconnected);
      }
    }
  }

  async #renewPublisher() {
    const old = this.#publisher;
    const connection = this.#newConnection(this.connectionId);
    this.#publisher = connection;
    for (const { track } of old.getSenders()) {
      connection.addTransceiver(track, { direction: "sendonly" });
    }
    old.close();
    await connection.setLocalDescription();
    const request = { stream: this.streamId, sdpString: connection.localDescription.sdp };
    const { sdpAnswer } = await this.#rpc.request("reconnectStream", request);
    await connection.setRemoteDescription({ type: "answer", sdp: sdpAnswer });
  }

  async #renewSubscriber(streamId) {
    const { sdpOffer } = await this.#rpc.request("prepareReceiveVideoFrom", { sender: streamId, reconnect: true });
    await this.#reconnectSubscriber(streamId, sdpOffer, false);
  }

  async #reconnectSubscriber(streamId, sdpOffer, forciblyReconnect) {
    const sdpString = await this.#answer(streamId, sdpOffer);
    await this.#rpc.request("reconnectStream", { stream: streamId, sdpString, forciblyReconnect });
  }

  #notified(method, params) {
    this.#notifications[method]?.(params);
  }

  #notifications = {
    participantJoined: (params) => this.#emit("participantJoined", params),
    participantPublished: ({ id, streams: [stream] }) => this.#emit("streamPublished", { connectionId: id, stream }),
    participantLeft: ({ connectionId }) => {
      this.#forget(connectionId);
      this.#emit("participantLeft", { connectionId });
    },
    participantUnpublished: ({ connectionId }) => {
      this.#forget(connectionId);
      this.#emit("streamUnpublished", { connectionId });
    },
    participantEvicted: ({ connectionId, reason }) => connectionId === this.connectionId && this.#end(reason),
    streamPropertyChanged: ({ streamId, property, newValue }) => {
      this.#emit("streamChanged", { streamId, property, newValue: parsed(newValue) });
    },
    iceCandidate: ({ senderConnectionId, sdpMid, sdpMLineIndex, candidate }) => {
      const connection = this.#connectionWith(senderConnectionId);
      connection?.addIceCandidate({ sdpMid, sdpMLineIndex, candidate }).catch(() => {});
    },
    recordingStarted: () => this.#emit("recording", true),
    recordingStopped: () => this.#emit("recording", false),
    forciblyReconnectSubscriber: ({ streamId, sdpOffer }) => this.#reconnectSubscriber(streamId, sdpOffer, true),
  };

  #connectionWith(connectionId) {
    if (connectionId === this.connectionId) {
      return this.#publisher;
    }
    return [...this.#subscribers].find(([streamId]) => streamId.endsWith(connectionId))?.[1];
  }

  #forget(connectionId) {
    if (connectionId === this.connectionId) {
      this.#publisher?.close();
      this.#publisher = null;
    }
    for (const [streamId, connection] of this.#subscribers) {
      if (streamId.endsWith(connectionId)) {
        connection.close();
        this.#subscribers.delete(streamId);
      }
    }
  }

  #closeMedia() {
    this.#publisher?.close();
    for (const connection of this.#subscribers.values()) {
      connection.close();
    }
    this.#subscribers.clear();
  }

  #end(reason) {
    // First of all: closing makes the requests under way fail, which is not why the call ends.
    this.#emit("ended", reason);
    this.#closeMedia();
    this.#rpc.close();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Property values come as JSON text, filters as objects. */
function parsed(newValue) {
  return typeof newValue === "string" ? JSON.parse(newValue) : newValue;
}
