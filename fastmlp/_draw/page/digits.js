// Digits: the weights of the first layer as images, and what is read wrong.

import { diverging, onOtherColors } from "./colors.js";
import { bytesOf, make } from "./dom.js";

const SIDE = 28;

/** Two grids of small pictures. */
export class Digits {
  constructor() {
    this.weights = make("div", { className: "images", role: "img" });
    this.title = make("h2");
    this.wrong = make("ol", { className: "mistakes" });
    this.element = make("div", { className: "digits" }, this.weights,
      make("p", { className: "hint", textContent: "The weights of the first layer’s units, each in a scale of its own: blue adds where there is ink, orange takes away." }));
    onOtherColors(() => this.picture && this.show(this.picture));
  }

  begin({ units }) {
    const what = units.length > 1 ? "units of the first hidden layer" : "outputs";
    this.weights.setAttribute("aria-label", `Weights of the ${units[0]} ${what}, as images`);
    this.picture = null;
  }

  show(picture) {
    this.picture = picture;
    this.paintWeights(bytesOf(picture.weights, Int8Array));
    const { mistakes, wrong, looked_at: all } = picture;
    this.title.textContent = `Read wrong: ${wrong} of ${all.toLocaleString("en-US")} digits it has not learnt from`;
    this.wrong.replaceChildren(...mistakes.map(mistakeOf));
  }

  paintWeights(values) {
    const count = values.length / SIDE ** 2;
    while (this.weights.children.length > count) this.weights.lastChild.remove();
    while (this.weights.children.length < count) this.weights.append(make("canvas", { width: SIDE, height: SIDE }));
    const shades = Array.from({ length: 255 }, (_, i) => [...diverging()((i - 127) / 127), 255]);
    [...this.weights.children].forEach((canvas, unit) => {
      const context = canvas.getContext("2d");
      const image = context.createImageData(SIDE, SIDE);
      const start = unit * SIDE ** 2;
      for (let i = 0; i < SIDE ** 2; i++) image.data.set(shades[values[start + i] + 127], 4 * i);
      context.putImageData(image, 0, 0);
    });
  }
}

function mistakeOf({ image, said, is }) {
  const canvas = make("canvas", { width: SIDE, height: SIDE, role: "img" });
  canvas.setAttribute("aria-label", `A ${is}`);
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(SIDE, SIDE);
  bytesOf(image).forEach((ink, i) => pixels.data.set([255, 255, 255, ink], 4 * i));
  context.putImageData(pixels, 0, 0);
  const arrow = make("span", { textContent: " → " });
  arrow.setAttribute("aria-label", "read as");
  return make("li", {}, canvas, make("span", {}, String(is), arrow, make("b", { textContent: said })));
}
