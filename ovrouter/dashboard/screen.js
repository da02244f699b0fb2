/** Sharing the screen: a second connection to the Session, so that others see the screen beside its owner's face. */

import { openScreen, stop } from "./devices.js";
import { Room } from "./room.js";

/** Event: `changed`, whenever `isOn` has changed. */
export class ScreenShare extends EventTarget {
  isOn = false;
  #room = null;
  #mediaStream = null;
  #requestToken;

  constructor(requestToken) {
    super();
    this.#requestToken = requestToken;
  }

  /** Let the visitor pick a screen and share it with *metadata*; picking none is no error. */
  async start(metadata) {
    const mediaStream = await openScreen();
    if (mediaStream === null) {
      return;
    }
    this.#mediaStream = mediaStream;
    this.#room = new Room();
    this.#room.addEventListener("ended", () => this.stop());
    mediaStream.getVideoTracks()[0].onended = () => this.stop();
    try {
      await this.#room.join(await this.#requestToken(), metadata);
      await this.#room.publish(mediaStream, "SCREEN");
      this.#set(true);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop() {
    stop(this.#mediaStream);
    this.#mediaStream = null;
    this.#set(false);
    await this.#room?.leave();
  }

  #set(isOn) {
    this.isOn = isOn;
    this.dispatchEvent(new Event("changed"));
  }
}
