// The units of a layer as squares in the dark, each as bright as its output is large.

const GAP = 0.18; // between two squares, in their distance
const FADE = 140; // milliseconds from one answer to the next
const POSITIVE = [240, 200, 60];
const NEGATIVE = [86, 180, 233];
const OFF = [30, 39, 49];
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** A figure that shows the outputs of one layer. */
export class Lights {
  constructor(name) {
    this.name = name;
    this.figure = document.createElement("figure");
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.caption = document.createElement("figcaption");
    this.figure.append(this.canvas, this.caption);
    this.shares = [];
    this.largest = 1e-6; // output so far
    new ResizeObserver(() => this.#fit()).observe(this.canvas);
  }

  /** Light up what is far from zero, beside the farthest so far; or nothing at all. */
  show(outputs, isDark) {
    this.largest = outputs.reduce((largest, y) => Math.max(largest, Math.abs(y)), this.largest);
    const target = outputs.map((output) => (isDark ? 0 : output / this.largest));
    const lit = target.filter((share) => share !== 0).length;
    const words = `Layer “${this.name}”: ${lit} of ${outputs.length} units are active`;
    this.caption.textContent = words;
    this.canvas.setAttribute("aria-label", words);
    if (this.shares.length !== target.length) {
      this.shares = target.map(() => 0);
      this.#fit();
    }
    this.#fade(this.shares, target);
  }

  #fade(from, to) {
    const begin = performance.now();
    const step = (now) => {
      const t = still.matches ? 1 : Math.min(1, Math.max(0, now - begin) / FADE);
      this.shares = to.map((share, i) => from[i] + t * (share - from[i]));
      this.#paint();
      if (t < 1) this.frame = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(step);
  }

  #fit() {
    const count = Math.max(1, this.shares.length);
    this.columns = Math.ceil(Math.sqrt(2 * count));
    const rows = Math.ceil(count / this.columns);
    this.canvas.width = Math.round(this.canvas.clientWidth * devicePixelRatio);
    this.canvas.height = Math.round((this.canvas.width * rows) / this.columns);
    this.#paint();
  }

  #paint() {
    const context = this.canvas.getContext("2d");
    const distance = this.canvas.width / this.columns;
    const side = (1 - GAP) * distance;
    const corner = 0.2 * side;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.shares.forEach((share, i) => {
      const x = ((i % this.columns) + GAP / 2) * distance;
      const y = (Math.floor(i / this.columns) + GAP / 2) * distance;
      context.fillStyle = color(share);
      context.beginPath();
      context.roundRect(x, y, side, side, corner);
      context.fill();
    });
  }
}

function color(share) {
  const end = share < 0 ? NEGATIVE : POSITIVE;
  const bright = Math.sqrt(Math.abs(share));
  const [r, g, b] = OFF.map((from, i) => Math.round(from + bright * (end[i] - from)));
  return `rgb(${r} ${g} ${b})`;
}
