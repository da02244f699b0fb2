/** The server's secret: asked for in a dialog, kept until the tab is closed, sent with requests. */

const USER = "OPENVIDUAPP";
const STORAGE_KEY = "ovrouter-secret";

const element = (id) => document.getElementById(id);

/**
 * The response to *request*, a function of the headers it is to send, once the secret is right.
 *
 * Resolves with null when the visitor gives up.
 */
export async function withSecret(request) {
  let secret = sessionStorage.getItem(STORAGE_KEY) ?? (await askSecret(""));
  while (secret !== null) {
    const response = await request({ Authorization: `Basic ${base64(`${USER}:${secret}`)}` });
    if (response.status !== 401) {
      sessionStorage.setItem(STORAGE_KEY, secret);
      return response;
    }
    sessionStorage.removeItem(STORAGE_KEY);
    secret = await askSecret("That secret is not the server’s. Please try again.");
  }
  return null;
}

/** *note* is empty, or says why it asks again; resolves with null when the dialog is cancelled. */
function askSecret(note) {
  const dialog = element("secret-dialog");
  element("secret").value = "";
  element("secret-note").textContent = note;
  dialog.returnValue = "cancel";
  element("secret-cancel").onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "ok" ? element("secret").value : null);
  });
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
