// Colors and signs of classes: Okabe and Ito's, which all eyes tell apart, and a shape
// for each class besides.

import { fitted, make } from "./dom.js";

const BY_DAY = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#8c8c8c"];
// The same hues, the dark ones lighter.
const AT_NIGHT = ["#3f9bdc", "#e69f00", "#14b88a", "#d98ab5", "#ea6a1f", "#a5dcff", "#f0e442", "#a0a0a0"];
const MINUS = [230, 159, 0];
const PLUS = [0, 114, 178];
const PLUS_AT_NIGHT = [86, 180, 233];

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Return the color of a class as [red, green, blue]. */
export function rgbOf(kind) {
  const number = parseInt(colorOf(kind).slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

export const colorOf = (kind) => (dark.matches ? AT_NIGHT : BY_DAY)[kind];

/** Return the color of the page's variable `--name`. */
export function pageColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Return what pictures are painted on, as [red, green, blue]. */
export const groundColor = () => (dark.matches ? [20, 26, 33] : [255, 255, 255]);

/** Return a function that mixes a color for -1 to 1, with 0 as the ground. */
export function diverging() {
  const ground = groundColor();
  const plus = dark.matches ? PLUS_AT_NIGHT : PLUS;
  return (value) => mixed(ground, value < 0 ? MINUS : plus, Math.abs(value));
}

/** Return one color on its way to another. */
export const mixed = (from, to, share) => from.map((c, i) => c + share * (to[i] - c));

export const cssColor = (rgb, alpha = 1) => `rgb(${rgb.map(Math.round).join(" ")} / ${alpha})`;

/** Call `repaint` when the colors of the page change. */
export const onOtherColors = (repaint) => dark.addEventListener("change", repaint);

const STAR = Array.from({ length: 10 }, (_, i) => {
  const [angle, length] = [(i * Math.PI) / 5, i % 2 ? 0.65 : 1.5];
  return [length * Math.sin(angle), -length * Math.cos(angle)];
});
const CIRCLE = null;
const SIGNS = [
  CIRCLE,
  [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  [[0, -1.3], [1.25, 0.95], [-1.25, 0.95]],
  [[0, -1.45], [1.45, 0], [0, 1.45], [-1.45, 0]],
  [[0, 1.3], [1.25, -0.95], [-1.25, -0.95]],
  [[-0.5, -1.3], [0.5, -1.3], [0.5, 1.3], [-0.5, 1.3]],
  [[-1.3, -0.5], [1.3, -0.5], [1.3, 0.5], [-1.3, 0.5]],
  STAR,
];

/** Add the sign of a class, of radius r, to the path of a context. */
export function sign(context, kind, x, y, r) {
  const corners = SIGNS[kind];
  if (corners === CIRCLE) {
    context.moveTo(x + 1.1 * r, y);
    context.arc(x, y, 1.1 * r, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + 0.92 * r * dx, y + 0.92 * r * dy));
  context.closePath();
}

/** Return a small picture of the sign of a class. */
export function swatch(kind) {
  const canvas = make("canvas", { className: "swatch" });
  const paint = () => {
    const context = fitted(canvas, 16, 16);
    context.clearRect(0, 0, 16, 16);
    context.beginPath();
    sign(context, kind, 8, 8, 5);
    context.fillStyle = colorOf(kind);
    context.fill();
  };
  onOtherColors(paint);
  paint();
  return canvas;
}
