// The network as a drawing: each unit with what it makes of the plane, each weight as a
// line, blue above zero and orange below, the thicker the larger.

import { cssColor, diverging, onOtherColors, pageColor } from "./colors.js";
import { bytesOf, cut, fitted, make } from "./dom.js";

const [TOP, BOTTOM, SIDES] = [30, 12, 4];

/** A canvas; the unit under the pointer is given to `onUnit`, and null afterwards. */
export class NetworkView {
  constructor(onUnit) {
    this.onUnit = onUnit;
    this.canvas = make("canvas", { className: "network", role: "img" });
    this.element = this.canvas;
    this.tile = make("canvas");
    this.boxes = [];
    this.picture = null;
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.choose(null));
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    onOtherColors(() => this.paint());
  }

  /** Take sizes and names: `units` of the layers, the two inputs, the classes. */
  begin({ units, scene, classes }) {
    this.units = units;
    this.side = scene.unit_side;
    this.names = [scene.axes.map((axis) => scene.columns[axis]), classes];
    this.inputs = scene.columns.length;
    this.chosen = null;
    const hidden = units.slice(0, -1);
    const words = hidden.length ? `hidden layers of ${hidden.join(", ")} units` : "no hidden layer";
    this.canvas.setAttribute("aria-label", `The network: ${this.inputs} inputs, ${words}, ${classes.length} classes`);
  }

  show(picture) {
    this.picture = picture;
    this.maps = picture.units.map((text) => bytesOf(text, Int8Array));
    this.paint();
    if (this.chosen) this.showChosen();
  }

  mapOf(layer, unit) {
    const size = this.side ** 2;
    return this.maps[layer].subarray(unit * size, (unit + 1) * size);
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.picture) return;
    const context = fitted(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    const columns = this.layout(width, height);
    this.picture.links.forEach((links, at) => this.paintLinks(context, links, columns[at], columns[at + 1]));
    this.paintInputs(context, columns[0]);
    this.boxes = [];
    columns.slice(1).forEach((column, layer) => this.paintLayer(context, column, layer, layer + 2 === columns.length));
  }

  /** Return the middle of each tile, in columns: inputs, hidden layers, classes. */
  layout(width, height) {
    const shown = [2, ...this.maps.map((map) => map.length / this.side ** 2)];
    const room = (width - 2 * SIDES) / shown.length;
    const tile = Math.min(46, 0.62 * room, (height - TOP - BOTTOM) / Math.max(...shown) - 6);
    const gap = Math.min(tile + 16, (height - TOP - BOTTOM) / Math.max(...shown));
    return shown.map((count, at) =>
      Array.from({ length: count }, (_, i) => ({
        x: SIDES + room * (at + 0.5),
        y: TOP + (height - TOP - BOTTOM) / 2 + (i - (count - 1) / 2) * (at ? gap : tile + 34),
        tile,
        room,
      })),
    );
  }

  paintLinks(context, links, from, to) {
    const most = Math.max(1e-6, ...links.flat().map(Math.abs));
    const color = diverging();
    from.forEach((start, i) => to.forEach((end, j) => {
      const weight = links[i][j] / most;
      const [x1, x2] = [start.x + start.tile / 2, end.x - end.tile / 2];
      context.beginPath();
      context.moveTo(x1, start.y);
      context.bezierCurveTo((x1 + x2) / 2, start.y, (x1 + x2) / 2, end.y, x2, end.y);
      context.strokeStyle = cssColor(color(Math.sign(weight)), 0.15 + 0.75 * Math.abs(weight));
      context.lineWidth = 0.5 + 3.5 * Math.abs(weight);
      context.stroke();
    }));
  }

  paintInputs(context, column) {
    context.font = "13px system-ui, sans-serif";
    const color = diverging();
    column.forEach(({ x, y, tile, room }, at) => {
      // What an input is, everywhere: from orange to blue.
      const [dx, dy] = at ? [0, tile / 2] : [tile / 2, 0];
      const ramp = context.createLinearGradient(x - dx, y + dy, x + dx, y - dy);
      [-1, 0, 1].forEach((value) => ramp.addColorStop((value + 1) / 2, cssColor(color(value))));
      context.beginPath();
      context.roundRect(x - tile / 2, y - tile / 2, tile, tile, 6);
      context.fillStyle = ramp;
      context.fill();
      context.fillStyle = pageColor("text");
      context.textAlign = "center";
      context.fillText(cut(context, this.names[0][at], room - 6), x, y + tile / 2 + 15);
    });
    const others = this.inputs - 2;
    const more = others > 0 ? [`2 of ${this.inputs} inputs`, `2 of ${this.inputs}`] : [];
    this.caption(context, column[0], ...more, "inputs", "in");
  }

  paintLayer(context, column, layer, isLast) {
    const total = this.units[layer];
    const shown = total > column.length ? [`${column.length} of ${total} units`, `${column.length} of ${total}`] : [];
    if (isLast) this.caption(context, column[0], "classes", "out");
    else this.caption(context, column[0], ...shown, `${total} unit${total > 1 ? "s" : ""}`, String(total));
    column.forEach(({ x, y, tile }, unit) => {
      const [left, top] = [x - tile / 2, y - tile / 2];
      this.boxes.push({ left, top, tile, layer, unit });
      context.save();
      context.beginPath();
      context.roundRect(left, top, tile, tile, 6);
      context.clip();
      context.drawImage(this.tileOf(layer, unit), left, top, tile, tile);
      context.restore();
      const chosen = this.chosen && this.chosen[0] === layer && this.chosen[1] === unit;
      context.strokeStyle = pageColor(chosen ? "accent" : "line");
      context.lineWidth = chosen ? 3 : 1;
      context.stroke();
    });
  }

  tileOf(layer, unit) {
    const color = diverging();
    this.tile.width = this.tile.height = this.side;
    const context = this.tile.getContext("2d");
    const image = context.createImageData(this.side, this.side);
    this.mapOf(layer, unit).forEach((value, i) => image.data.set([...color(value / 127), 255], 4 * i));
    context.putImageData(image, 0, 0);
    return this.tile;
  }

  /** Write the longest of some captions that has room above a column. */
  caption(context, { x, room }, ...captions) {
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = pageColor("quiet");
    context.textAlign = "center";
    const fits = (text) => context.measureText(text).width < room - 6;
    context.fillText(captions.find(fits) ?? captions.at(-1), x, 16);
  }

  hover(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const found = this.boxes.find(({ left, top, tile }) => x >= left && x <= left + tile && y >= top && y <= top + tile);
    this.choose(found ? [found.layer, found.unit] : null);
  }

  choose(unit) {
    if (String(unit) === String(this.chosen)) return;
    this.chosen = unit;
    this.paint();
    if (unit) this.showChosen();
    else this.onUnit(null);
  }

  showChosen() {
    const [layer, unit] = this.chosen;
    const isLast = layer + 1 === this.units.length;
    const name = isLast ? this.names[1][unit] : `Unit ${unit + 1} of hidden layer ${layer + 1}`;
    this.onUnit(this.mapOf(layer, unit), diverging(), `${name}: ${isLast ? "above a half" : "above zero"} blue, below orange`);
  }
}
