/** Camera, microphone and screen, with refusals turned into sentences a visitor can act on. */

export class DeviceError extends Error {
  name = "DeviceError";
}

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

const OTHERWISE = "join again, or choose “Just watch and listen”.";
const TEXTS = {
  NotAllowedError: `This page may not use the camera and microphone. Allow them in the address bar and ${OTHERWISE}`,
  NotFoundError: `No camera and no microphone were found. Connect one and ${OTHERWISE}`,
  NotReadableError: `Another program is using the camera or microphone. Close it and ${OTHERWISE}`,
};

/** Camera and microphone, or as much of them as there is. Throws DeviceError when there is nothing. */
export async function openCamera() {
  if (navigator.mediaDevices === undefined) {
    throw new DeviceError("Browsers give pages a camera over HTTPS only. Open this page with https://.");
  }
  const wishes = [
    { audio: MICROPHONE, video: CAMERA },
    { audio: MICROPHONE, video: false },
    { audio: false, video: CAMERA },
  ];
  let refusal;
  for (const wish of wishes) {
    try {
      return await navigator.mediaDevices.getUserMedia(wish);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw new DeviceError(TEXTS[refusal.name] ?? `The camera and microphone could not be opened: ${refusal.message}`);
}

/** A screen or window the visitor picks; null when the visitor changes their mind. */
export async function openScreen() {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false });
  } catch (error) {
    if (error.name === "NotAllowedError") {
      return null;
    }
    throw new DeviceError(`The screen could not be shared: ${error.message}`);
  }
}

export function stop(mediaStream) {
  mediaStream?.getTracks().forEach((track) => track.stop());
}
