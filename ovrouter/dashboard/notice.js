/** Short news at the bottom of the call, read out by screen readers and gone after a while. */

const DURATION_MS = 4000;

const element = document.getElementById("notice");
let timer = 0;

export function showNotice(text) {
  element.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(clearNotice, DURATION_MS);
}

export function clearNotice() {
  element.textContent = "";
}
