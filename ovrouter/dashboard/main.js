/** Entry of the call page: lobby, call, lobby again. */

import { fetchToken } from "./access.js";
import { Call } from "./call.js";
import { DeviceError, openCamera, stop } from "./devices.js";
import { askToJoin } from "./lobby.js";
import { RpcError } from "./rpc.js";
import { AccessError } from "./server.js";

async function oneCall({ name, room, withCamera }) {
  const mediaStream = withCamera ? await openCamera() : null;
  try {
    const requestToken = () => fetchToken(room, name);
    const token = await requestToken();
    return token === null ? "" : await new Call({ name, mediaStream, requestToken }).run(token, room);
  } finally {
    stop(mediaStream);
  }
}

async function main() {
  let message = "";
  for (;;) {
    const choice = await askToJoin(message);
    try {
      message = await oneCall(choice);
    } catch (error) {
      if (!(error instanceof AccessError || error instanceof DeviceError || error instanceof RpcError)) {
        console.error(error);
      }
      message = error.message;
    }
  }
}

main();
