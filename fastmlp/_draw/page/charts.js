// Curves that grow: training and validation over epochs, as SVG.

import { make, short } from "./dom.js";

const MOST_POINTS = 600;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 14, 10, 26];
const ROOM_FOR_NAME = 64; // of the axis of epochs
const POWERS = [0, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** A chart of one number: training, and validation where there is one. */
export class Chart {
  /**
   * `part` takes a result of the server to the number; `share` says that it is a share
   * of 1, shown in percent.
   */
  constructor(title, part, share) {
    this.title = title;
    this.part = part;
    this.share = share;
    this.points = [];
    this.isLogarithmic = false;
    this.svg = svg("svg", { class: "chart", role: "img" });
    this.values = make("span", { className: "values" });
    this.element = make("figure", { className: "chart-frame" },
      make("figcaption", {}, make("b", { textContent: title }), this.values), this.svg);
    new ResizeObserver(() => this.paint()).observe(this.svg);
  }

  clear() {
    this.points = [];
    this.paint();
  }

  add(state) {
    const point = [state.epoch, this.part(state.train), state.val ? this.part(state.val) : null];
    if (point[1] === null) return;
    // Of many points, every second is enough; the latest stays.
    if (this.points.length >= MOST_POINTS) this.points = this.points.filter((_, i) => i % 2 === 0);
    this.points.push(point);
    this.paint();
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width || !height) return;
    const x = this.acrossOf(width);
    const [y, ticks] = this.upOf(height);
    const last = this.points.at(-1);
    const parts = [
      ...ticks.map((tick) => line(LEFT, y(tick), width - RIGHT, y(tick), "grid")),
      ...ticks.map((tick) => label(LEFT - 6, y(tick) + 4, this.shown(tick), "end")),
      ...this.epochTicks(last?.[0] ?? 0, width / 90)
        .filter((tick) => x(tick) < width - RIGHT - ROOM_FOR_NAME)
        .map((tick) => label(x(tick), height - 8, short(tick), "middle")),
      label(width - RIGHT, height - 8, "epochs", "end"),
    ];
    for (const [at, kind] of [[2, "validation"], [1, "training"]]) {
      const points = this.points.filter((point) => point[at] !== null);
      if (!points.length) continue;
      const path = points.map((point) => `${x(point[0]).toFixed(1)} ${y(point[at]).toFixed(1)}`);
      parts.push(svg("path", { d: `M${path.join("L")}`, class: `curve ${kind}` }));
      parts.push(svg("circle", { cx: x(points.at(-1)[0]), cy: y(points.at(-1)[at]), r: 3.5, class: `end ${kind}` }));
    }
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...parts);
    this.say(last);
  }

  /** Write the latest numbers, which are the legend, too. */
  say(last) {
    const words = [["training", last?.[1]], ["validation", last?.[2]]]
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([kind, value]) => `${kind} ${this.exact(value)}`);
    this.values.replaceChildren(...words.map((word) => make("span", { className: word.split(" ")[0], textContent: word })));
    this.svg.setAttribute("aria-label", `${this.title} over epochs${words.length ? `: ${words.join(", ")}` : ""}`);
  }

  acrossOf(width) {
    const scaled = this.isLogarithmic ? (epoch) => Math.log10(1 + 10 * epoch) : (epoch) => epoch;
    const most = scaled(this.points.at(-1)?.[0] || 1);
    return (epoch) => LEFT + (scaled(epoch) / most) * (width - LEFT - RIGHT - 4);
  }

  epochTicks(most, count) {
    return this.isLogarithmic ? POWERS.filter((power) => power <= most) : ticksTo(most, count);
  }

  upOf(height) {
    const values = this.points.flatMap((point) => [point[1], point[2]]).filter((value) => value !== null);
    let [low, high] = [0, 1];
    if (this.share && values.length) low = 0.2 * Math.floor(5 * Math.min(0.8, ...values));
    if (!this.share && values.length) high = niceAbove(Math.max(1e-9, ...values));
    const ticks = [0, 1, 2, 3, 4].map((i) => low + ((high - low) * i) / 4);
    const y = (value) => TOP + ((high - value) / (high - low)) * (height - TOP - BOTTOM);
    return [y, ticks];
  }

  shown(value) {
    return this.share ? `${Math.round(100 * value)} %` : short(value);
  }

  exact(value) {
    return this.share ? `${(100 * value).toFixed(1)} %` : short(value);
  }
}

function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((step) => step * unit >= value);
}

/** Return whole numbers from 0 to `most`, about `count` of them. */
function ticksTo(most, count) {
  if (most <= 0) return [0];
  const rough = most / Math.max(1, Math.floor(count));
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((one) => one * unit >= rough);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });

function label(x, y, text, anchor) {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}
