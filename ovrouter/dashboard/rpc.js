/** JSON-RPC 2.0 over one WebSocket that survives the loss of its socket: answers, notifications, ping, `connect`. */

const PING_INTERVAL_MS = 5000;
const REQUEST_TIMEOUT_MS = 10000;
const RETRY_DELAY_MS = 1000;
/** The server keeps a participant for 10 s without a socket; after twice that nothing can be resumed. */
const GIVE_UP_AFTER_MS = 20000;

/** Error code of requests that failed here. */
const NOT_FROM_SERVER = 0;
const CLOSED_BY_CLIENT = 4102;
const CLOSED_FOR_RECONNECTION = 4104;

export class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

/**
 * Events: `notification` (detail: `{method, params}`), `reconnecting`, `reconnected`, `lost` (detail: reason text).
 */
export class RpcClient extends EventTarget {
  #url;
  #socket = null;
  #sessionId = null;
  #nextId = 0;
  #pending = new Map();
  #pingTimer = 0;
  #closed = false;

  constructor(url) {
    super();
    this.#url = url;
  }

  /** Open the first socket; rejects if the server cannot be reached. */
  async open() {
    await this.#openSocket(this.#url);
    this.#startPings();
  }

  /** Resolves with the result; rejects with RpcError (code NOT_FROM_SERVER: socket lost, no answer in time). */
  request(method, params = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new RpcError(NOT_FROM_SERVER, "There is no connection to the server."));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, `${method} was not answered.`), REQUEST_TIMEOUT_MS);
      this.#pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
    });
  }

  /** End for good: no reconnection, nothing more is emitted. */
  close() {
    this.#closed = true;
    this.#dropSocket(CLOSED_BY_CLIENT, "Connection closed by client");
  }

  #openSocket(url) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    return new Promise((resolve, reject) => {
      socket.onopen = () => {
        socket.onclose = () => this.#socketLost(socket);
        resolve();
      };
      socket.onclose = () => reject(new RpcError(NOT_FROM_SERVER, "The server cannot be reached."));
    });
  }

  #receive(message) {
    if (message.id === undefined) {
      this.#emit("notification", { method: message.method, params: message.params ?? {} });
    } else {
      this.#settle(message.id, message);
    }
  }

  #settle(id, { result, error }) {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) {
      return;
    }
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    if (error) {
      waiting.reject(new RpcError(error.code, error.message));
    } else {
      this.#sessionId = result.sessionId ?? this.#sessionId;
      waiting.resolve(result);
    }
  }

  #fail(id, message) {
    this.#settle(id, { error: { code: NOT_FROM_SERVER, message } });
  }

  #startPings() {
    const ping = async (params) => {
      const socket = this.#socket;
      const deadline = setTimeout(() => this.#socketLost(socket), PING_INTERVAL_MS);
      await this.request("ping", params).catch(() => {});
      clearTimeout(deadline);
    };
    ping({ interval: PING_INTERVAL_MS });
    this.#pingTimer = setInterval(ping, PING_INTERVAL_MS);
  }

  #socketLost(socket) {
    if (this.#closed || socket !== this.#socket) {
      return;
    }
    this.#dropSocket(CLOSED_FOR_RECONNECTION, "Connection closed for reconnection");
    this.#reconnect();
  }

  #dropSocket(code, reason) {
    clearInterval(this.#pingTimer);
    const socket = this.#socket;
    this.#socket = null;
    for (const id of [...this.#pending.keys()]) {
      this.#fail(id, "The connection to the server was lost.");
    }
    if (socket) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close(code, reason);
    }
  }

  async #reconnect() {
    this.#emit("reconnecting");
    const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
    while (!this.#closed && performance.now() < giveUpAt) {
      try {
        await this.#openSocket(`${this.#url}&reconnect=true`);
        await this.request("connect", { sessionId: this.#sessionId, reconnect: true });
        this.#startPings();
        this.#emit("reconnected");
        return;
      } catch (error) {
        if (error instanceof RpcError && error.code !== NOT_FROM_SERVER) {
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
      }
    }
    if (!this.#closed) {
      this.close();
      this.#emit("lost", "networkDisconnect");
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
