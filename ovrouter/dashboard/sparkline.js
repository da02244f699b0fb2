/** A small picture of the last two minutes: what was sent, and marks where packets were lost or the picture stood still. */

import { WINDOW_S } from "./history.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 160;
const HEIGHT = 32;
/** From here on a second with losses gets a mark. */
const LOSS_PERCENT = 2;
const LEAST_SCALE_KBPS = 100;

/** An SVG element for *samples*, oldest first; the newest is at the right edge. */
export function sparkline(samples) {
  const svg = create("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const most_kbps = Math.max(LEAST_SCALE_KBPS, ...samples.map((sample) => sample.sentKbps));
  svg.setAttribute("aria-label", `at most ${most_kbps.toLocaleString("en")} kbit/s`);
  const newest_ms = samples.at(-1)?.atMs ?? 0;
  const x = (sample) => WIDTH - ((newest_ms - sample.atMs) / 1000 / WINDOW_S) * WIDTH;
  const y = (sample) => HEIGHT - (sample.sentKbps / most_kbps) * (HEIGHT - 3);
  const line = samples.map((sample) => `${x(sample).toFixed(1)},${y(sample).toFixed(1)}`);
  if (line.length > 1) {
    svg.append(create("polygon", { points: `${x(samples[0])},${HEIGHT} ${line.join(" ")} ${WIDTH},${HEIGHT}` }));
    svg.append(create("polyline", { points: line.join(" ") }));
  }
  for (const sample of samples.filter((each) => each.lossPercent >= LOSS_PERCENT || each.freezes > 0)) {
    svg.append(create("rect", { x: x(sample) - 1, y: 0, width: 2, height: 4 }));
  }
  return svg;
}

function create(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  return element;
}
