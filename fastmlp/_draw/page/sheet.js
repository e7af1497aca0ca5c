// A sheet of paper: strokes of a pen, which is a mouse, a finger, a stylus or a key.

const PEN = 0.075; // width of the line, in sides of the sheet, as all lengths here
const CLOSEST = 0.003; // between two points of a stroke

/** Strokes on a canvas, each a list of points [x, y] from 0 to 1. */
export class Sheet {
  /** Call `onChange` with all strokes after each change. */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.strokes = [];
    this.pointer = null;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.#up(event));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  undo() {
    this.strokes.pop();
    this.#changed();
  }

  clear() {
    this.strokes = [];
    this.#changed();
  }

  /** Draw what is there, smoothly, in the ink of the theme. */
  paint() {
    const { canvas } = this;
    const side = canvas.width;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, side, side);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = PEN * side;
    context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--ink");
    for (const stroke of this.strokes) {
      const points = stroke.map(([x, y]) => [x * side, y * side]);
      context.beginPath();
      context.moveTo(...points[0]);
      // From middle to middle, bent towards the point between them.
      for (let i = 1; i < points.length - 1; i++) {
        const [x, y] = points[i];
        const [nextX, nextY] = points[i + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      context.lineTo(...points.at(-1));
      context.stroke();
    }
  }

  #fit() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    this.canvas.width = this.canvas.height = side;
    this.paint();
  }

  #changed() {
    this.paint();
    this.onChange(this.strokes);
  }

  #down(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ focusVisible: false });
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.#add([event]);
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    this.#add(event.getCoalescedEvents?.() ?? [event]);
  }

  #up(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  #add(events) {
    const stroke = this.strokes.at(-1);
    const frame = this.canvas.getBoundingClientRect();
    for (const event of events) {
      const x = round((event.clientX - frame.left) / frame.width);
      const y = round((event.clientY - frame.top) / frame.height);
      const last = stroke.at(-1);
      if (!last || Math.hypot(x - last[0], y - last[1]) >= CLOSEST) stroke.push([x, y]);
    }
    this.#changed();
  }
}

function round(length) {
  return Math.round(10000 * length) / 10000;
}
