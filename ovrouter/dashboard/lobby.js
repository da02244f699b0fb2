/** The form one joins with. */

const element = (id) => document.getElementById(id);
const NAME_KEY = "ovrouter-name";

/** Show the form with an optional *message*; resolves with {room, name, withCamera} when it is sent. */
export function askToJoin(message = "") {
  element("call").hidden = true;
  element("lobby").hidden = false;
  element("name").value ||= sessionStorage.getItem(NAME_KEY) ?? "";
  element("room").value = roomInAddress() || element("room").value || randomRoom();
  element("join-error").textContent = message;
  element(element("name").value ? "join" : "name").focus();
  setBusy(false);
  return new Promise((resolve) => {
    element("join-form").onsubmit = (event) => {
      event.preventDefault();
      setBusy(true);
      element("join-error").textContent = "";
      resolve(readForm(event.submitter));
    };
  });
}

function readForm(submitter) {
  const name = element("name").value.trim();
  const room = element("room").value;
  sessionStorage.setItem(NAME_KEY, name);
  history.replaceState(null, "", `#${room}`);
  return { name, room, withCamera: submitter?.value !== "watch" };
}

function setBusy(isBusy) {
  for (const button of element("join-form").querySelectorAll("button")) {
    button.disabled = isBusy;
  }
  element("join").textContent = isBusy ? "Joining…" : "Join with camera";
}

function roomInAddress() {
  return decodeURIComponent(location.hash.slice(1));
}

function randomRoom() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `call-${[...bytes].map((byte) => (byte % 36).toString(36)).join("")}`;
}
