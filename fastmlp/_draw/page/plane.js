// The plane of points: what the network says everywhere, and the points it learns from.

import { colorOf, cssColor, groundColor, mixed, onOtherColors, pageColor, rgbOf, sign, swatch } from "./colors.js";
import { bytesOf, cut, fitted, make, short } from "./dom.js";

const RASTER = 320; // pixels across the picture, which the screen then stretches
const SHADES = 64;
const [FAINT, STRONG] = [0.1, 0.62]; // of a class's color, by how sure the network is
const KEY_STEP = 0.02;
const KEYS = "Arrow keys move a cross, with Shift in small steps, and what the network says there is read out. Among own points, Enter sets one, and Delete takes the nearest away.";

/** A canvas with the picture, a line below that says what lies under the pointer. */
export class Plane {
  /** `onPoint(place)` is called where the user clicks, in the network's numbers. */
  constructor(onPoint) {
    this.onPoint = onPoint;
    this.canvas = make("canvas", { className: "plane", tabIndex: 0, role: "application", "aria-describedby": "plane-keys" });
    this.readout = make("p", { className: "readout", "aria-live": "polite" });
    const keys = make("p", { id: "plane-keys", className: "unseen", textContent: KEYS });
    this.legend = make("p", { className: "legend" });
    this.element = make("div", { className: "plane-frame" }, this.canvas, keys, this.readout, this.legend);
    this.raster = make("canvas", { width: RASTER, height: RASTER });
    // Room that is used for picture after picture.
    this.image = new ImageData(RASTER, RASTER);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.best = new Uint8Array(RASTER * RASTER);
    this.layers = [new Float32Array(RASTER * RASTER)];
    this.scene = null;
    this.cursor = null;
    this.canvas.addEventListener("pointermove", (event) => this.pointAt(this.placeOf(event)));
    this.canvas.addEventListener("pointerleave", () => this.pointAt(null));
    this.canvas.addEventListener("click", (event) => this.onPoint(this.placeOf(event), event.shiftKey));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("blur", () => this.pointAt(null));
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    onOtherColors(() => this.repaint());
  }

  /** Take what is learnt from, or own points before anything is learnt. */
  begin(scene, classes) {
    this.scene = scene;
    this.classes = classes;
    this.shares = null;
    this.said = null;
    this.unit = null;
    this.readout.textContent = "";
    while (this.layers.length < classes.length) this.layers.push(new Float32Array(RASTER * RASTER));
    this.points = scene.points.map(({ x, y }) => ({ x: bytesOf(x, Float32Array), y: bytesOf(y) }));
    this.legend.replaceChildren(...this.classes.map((name, kind) => make("span", {}, swatch(kind), name)));
    if (this.points.length > 1 && this.points[1].y.length) {
      this.legend.append(make("span", { textContent: "filled: to train on, hollow: to validate with" }));
    }
    this.repaint();
  }

  /** Take what the network says now. */
  show(picture) {
    this.shares = bytesOf(picture.shares);
    this.said = this.scene.columns.length > 2 ? picture.said.map((text) => bytesOf(text)) : null;
    this.repaint();
  }

  /** Show what one unit makes of the plane; null shows the network's answer again. */
  showUnit(values, paintValue, name = "") {
    this.unit = values && { values, paintValue };
    this.readout.textContent = name;
    this.repaint();
  }

  repaint() {
    if (!this.scene) return;
    if (this.unit) this.rasterOfUnit();
    else if (this.shares) this.rasterOfShares();
    this.paint();
  }

  /** Fill the raster: each point has the color of its class, fainter if less sure. */
  rasterOfShares() {
    const count = this.classes.length;
    const ground = groundColor();
    const edge = packed(mixed(ground, ground[0] > 128 ? [20, 24, 30] : [255, 255, 255], 0.55));
    const shades = Array.from({ length: count }, (_, kind) => shadesOf(rgbOf(kind), ground));
    const layers = this.layers.slice(0, count);
    layers.forEach((layer, kind) => stretch(this.shares, kind, this.scene.side, layer));
    const { best, pixels } = this;
    for (let i = 0; i < best.length; i++) {
      let chosen = 0;
      for (let kind = 1; kind < count; kind++) if (layers[kind][i] > layers[chosen][i]) chosen = kind;
      best[i] = chosen;
      const sure = Math.max(0, (layers[chosen][i] / 255 - 1 / count) / (1 - 1 / count));
      pixels[i] = shades[chosen][Math.min(SHADES - 1, Math.floor(SHADES * sure))];
    }
    for (let i = 0; i < best.length - RASTER; i++) {
      if (best[i] !== best[i + RASTER] || (best[i] !== best[i + 1] && (i + 1) % RASTER)) pixels[i] = edge;
    }
    this.raster.getContext("2d").putImageData(this.image, 0, 0);
  }

  rasterOfUnit() {
    const { values, paintValue } = this.unit;
    const shades = Uint32Array.from({ length: 255 }, (_, i) => packed(paintValue((i - 127) / 127)));
    const found = stretch(values, 0, this.scene.unit_side, this.layers[0]);
    for (let i = 0; i < this.pixels.length; i++) this.pixels[i] = shades[Math.round(found[i]) + 127];
    this.raster.getContext("2d").putImageData(this.image, 0, 0);
  }

  paint() {
    const size = this.canvas.clientWidth;
    if (!size || !this.scene) return;
    const context = fitted(this.canvas, size, size);
    context.fillStyle = cssColor(groundColor());
    context.fillRect(0, 0, size, size);
    context.imageSmoothingQuality = "high";
    if (this.shares || this.unit) context.drawImage(this.raster, 0, 0, size, size);
    this.paintAxes(context, size);
    this.points.forEach((points, rest) => this.paintPoints(context, size, points, rest === 1));
    if (this.cursor) this.paintCursor(context, size);
  }

  paintAxes(context, size) {
    const { first, last, columns, axes } = this.scene;
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = pageColor("text");
    const write = (text, x, y, align) => {
      context.textAlign = align;
      context.globalAlpha = 0.75;
      context.fillText(cut(context, text, 0.6 * size), x, y);
      context.globalAlpha = 1;
    };
    write(short(first[0]), 6, size - 6, "left");
    write(`${columns[axes[0]]} →`, size / 2, size - 6, "center");
    write(short(last[0]), size - 6, size - 6, "right");
    context.save();
    context.translate(14, size / 2);
    context.rotate(-Math.PI / 2);
    write(`${columns[axes[1]]} →`, 0, 0, "center");
    context.restore();
    write(short(last[1]), 6, 14, "left");
  }

  paintPoints(context, size, { x, y }, isRest) {
    const r = Math.max(2.2, Math.min(4.2, size / 100)) * (y.length > 800 ? 0.75 : 1);
    for (let kind = 0; kind < this.classes.length; kind++) {
      context.beginPath();
      for (let i = 0; i < y.length; i++) {
        if (y[i] === kind) sign(context, kind, ...this.screenOf([x[2 * i], x[2 * i + 1]], size), r);
      }
      context.fillStyle = isRest ? cssColor(groundColor()) : colorOf(kind);
      context.strokeStyle = isRest ? colorOf(kind) : cssColor(groundColor());
      context.lineWidth = isRest ? 1.6 : 1;
      context.fill();
      context.stroke();
    }
    if (this.said) this.ringMistakes(context, size, x, y, this.said[isRest ? 1 : 0], r);
  }

  /** Where other columns count, too, the ground does not say what is wrong. */
  ringMistakes(context, size, x, y, said, r) {
    context.beginPath();
    for (let i = 0; i < y.length; i++) {
      if (said[i] === y[i]) continue;
      const [left, top] = this.screenOf([x[2 * i], x[2 * i + 1]], size);
      context.moveTo(left + 2 * r, top);
      context.arc(left, top, 2 * r, 0, 2 * Math.PI);
    }
    context.strokeStyle = pageColor("text");
    context.lineWidth = 1.5;
    context.stroke();
  }

  paintCursor(context, size) {
    const [x, y] = this.screenOf(this.cursor, size);
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.strokeStyle = pageColor("text");
    context.lineWidth = 2;
    context.stroke();
  }

  screenOf([x, y], size) {
    const { low, high } = this.scene;
    return [(size * (x - low[0])) / (high[0] - low[0]), (size * (high[1] - y)) / (high[1] - low[1])];
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const { low, high } = this.scene;
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    return [low[0] + across * (high[0] - low[0]), high[1] - down * (high[1] - low[1])];
  }

  onKey(event) {
    if (!this.scene) return;
    const step = event.shiftKey ? KEY_STEP / 4 : KEY_STEP;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const { low, high } = this.scene;
    const from = this.cursor ?? low.map((end, i) => (end + high[i]) / 2);
    if (move) {
      this.cursor = from.map((x, i) => Math.max(low[i], Math.min(high[i], x + move[i] * step * (high[i] - low[i]))));
      this.pointAt(this.cursor);
      this.paint();
    } else if (["Enter", " ", "Backspace", "Delete"].includes(event.key)) {
      this.onPoint(from, event.key === "Backspace" || event.key === "Delete");
    } else return;
    event.preventDefault();
  }

  /** Say what the network makes of a place. */
  pointAt(place) {
    if (place === null) {
      this.cursor = null;
      this.paint();
    }
    if (!place || !this.scene || !this.shares) return void (this.readout.textContent = "");
    const { side, low, high, first, last, columns, axes } = this.scene;
    const part = place.map((x, i) => (x - low[i]) / (high[i] - low[i]));
    const column = Math.min(side - 1, Math.max(0, Math.floor(part[0] * side)));
    const row = Math.min(side - 1, Math.max(0, Math.floor((1 - part[1]) * side)));
    const found = this.classes.map((_, kind) => this.shares[kind * side * side + row * side + column]);
    const best = found.indexOf(Math.max(...found));
    const where = part.map((p, i) => `${columns[axes[i]]} ${short(Number((first[i] + p * (last[i] - first[i])).toPrecision(3)))}`);
    this.readout.textContent = `${where.join(", ")}: ${this.classes[best]}, ${Math.round((100 * found[best]) / 255)} %`;
  }
}

/** Return the shades of a class, from barely to surely. */
function shadesOf(color, ground) {
  const step = (STRONG - FAINT) / (SHADES - 1);
  return Uint32Array.from({ length: SHADES }, (_, i) => packed(mixed(ground, color, FAINT + step * i)));
}

/** Return a color as the four bytes of a pixel. */
function packed([red, green, blue]) {
  const pixel = new Uint8ClampedArray([red, green, blue, 255]);
  return new Uint32Array(pixel.buffer)[0];
}

/** Write the picture number `at` of some, each of side x side, as large as the raster. */
function stretch(values, at, side, found) {
  const start = at * side * side;
  const lefts = new Uint16Array(RASTER);
  const rights = new Float32Array(RASTER); // how far on the way to the next
  for (let i = 0; i < RASTER; i++) {
    const place = Math.max(0, Math.min(side - 1.001, ((i + 0.5) * side) / RASTER - 0.5));
    lefts[i] = Math.floor(place);
    rights[i] = place - lefts[i];
  }
  const row = new Float32Array(side);
  for (let y = 0, pixel = 0; y < RASTER; y++) {
    const first = start + lefts[y] * side;
    for (let i = 0; i < side; i++) row[i] = values[first + i] + rights[y] * (values[first + side + i] - values[first + i]);
    for (let x = 0; x < RASTER; x++, pixel++) {
      const left = lefts[x];
      found[pixel] = row[left] + rights[x] * (row[left + 1] - row[left]);
    }
  }
  return found;
}
