/** The tiles of a call, each as large as the window allows; a shared screen takes most of it. */

const ASPECT_RATIO = 16 / 9;
const TALLEST_IN_WIDE_WINDOW = 1;
const TALLEST_IN_TALL_WINDOW = 3 / 4;
const GAP_PX = 10;
const SCREEN_PART_OF_WIDE_WINDOW = 0.78;
const SCREEN_PART_OF_TALL_WINDOW = 0.45;

/** A person or a shared screen. */
export class Tile {
  #template = document.getElementById("tile-template");

  constructor(name, { own = false, isScreen = false } = {}) {
    this.element = this.#template.content.firstElementChild.cloneNode(true);
    this.video = this.element.querySelector("video");
    this.element.querySelector(".tile-name").textContent = own ? `${name} (you)` : name;
    this.element.querySelector(".tile-initials").textContent = initials(name);
    this.element.setAttribute("aria-label", name);
    this.element.classList.toggle("own", own);
    this.element.classList.toggle("screen", isScreen);
    this.video.muted = own;
  }

  show(mediaStream) {
    if (this.video.srcObject !== mediaStream) {
      this.video.srcObject = mediaStream;
    }
  }

  set microphoneOn(on) {
    this.element.querySelector(".tile-muted").toggleAttribute("hidden", on);
  }

  set pictureOn(on) {
    this.element.classList.toggle("without-picture", !on);
  }

  set speaking(isSpeaking) {
    this.element.classList.toggle("speaking", isSpeaking);
  }
}

export class Grid {
  #element;

  constructor(element) {
    this.#element = element;
    new ResizeObserver(() => this.#arrange()).observe(element);
  }

  add(tile) {
    this.#element.append(tile.element);
    this.#arrange();
  }

  remove(tile) {
    tile.show(null);
    tile.element.remove();
    this.#arrange();
  }

  clear() {
    this.#element.replaceChildren();
  }

  #arrange() {
    const { clientWidth: width, clientHeight: height, childElementCount } = this.#element;
    const screens = this.#element.querySelectorAll(".screen").length;
    const isWide = width > height;
    const screen = isWide
      ? { width: width * SCREEN_PART_OF_WIDE_WINDOW, height: height / screens - GAP_PX }
      : { width, height: (height * SCREEN_PART_OF_TALL_WINDOW) / screens - GAP_PX };
    const peopleWidth = screens && isWide ? width - screen.width - GAP_PX : width;
    const peopleHeight = screens && !isWide ? height * (1 - SCREEN_PART_OF_TALL_WINDOW) : height;
    this.#element.classList.toggle("beside-screen", screens > 0 && isWide);
    this.#setSize("screen", screen);
    this.#setSize("tile", largestTile(childElementCount - screens, peopleWidth, peopleHeight));
  }

  #setSize(name, { width, height }) {
    this.#element.style.setProperty(`--${name}-width`, `${Math.floor(width)}px`);
    this.#element.style.setProperty(`--${name}-height`, `${Math.floor(height)}px`);
  }
}

/** The size at which *count* equal tiles cover most of the area: 16:9, or taller where that fills more of it. */
function largestTile(count, areaWidth, areaHeight) {
  const tallest = areaWidth > areaHeight ? TALLEST_IN_WIDE_WINDOW : TALLEST_IN_TALL_WINDOW;
  let best = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (areaWidth - GAP_PX * (columns - 1)) / columns;
    const cellHeight = (areaHeight - GAP_PX * (rows - 1)) / rows;
    const width = Math.floor(Math.min(cellWidth, cellHeight * ASPECT_RATIO));
    const height = Math.floor(Math.min(cellHeight, width / tallest));
    if (width * height > best.width * best.height) {
      best = { width, height };
    }
  }
  return best;
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  return words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
}
