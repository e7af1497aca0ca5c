// A sheet of paper: strokes of a pen, which is a mouse, a finger, a stylus or the keys.

// Lengths are shares of the sheet's side.
const PEN = 0.075;
const CLOSEST = 0.003; // between two points of a stroke
const STEP = 0.04; // of an arrow key
const SMALL_STEP = 0.01; // with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Strokes on a canvas, each a list of points [x, y] from 0 to 1. */
export class Sheet {
  /** Call `onChange` with all strokes after each change. */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.strokes = [];
    this.pointer = null; // that draws
    this.pen = [0.5, 0.5]; // that the keys move
    this.penIsDown = false;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => this.#up(event));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => this.#lift());
    canvas.addEventListener("focus", () => this.paint());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  /** Take back the last stroke. */
  undo() {
    this.#stop();
    this.strokes.pop();
    this.#changed();
  }

  /** Take back all strokes. */
  clear() {
    this.#stop();
    this.strokes = [];
    this.#changed();
  }

  /** Write these strokes on a clean sheet, in about as much time as a hand takes. */
  write(strokes) {
    this.clear();
    const points = strokes.flatMap((stroke, i) => stroke.map((point) => [i, point]));
    const duration = still.matches ? 0 : 700;
    const begin = performance.now();
    const step = (now) => {
      const share = duration ? Math.min(1, Math.max(0, now - begin) / duration) : 1;
      const written = points.slice(0, Math.max(1, Math.round(share * points.length)));
      this.strokes = strokes
        .map((_, i) => written.filter(([at]) => at === i).map(([, point]) => point))
        .filter((stroke) => stroke.length);
      this.#changed();
      if (share < 1) this.writing = requestAnimationFrame(step);
    };
    this.writing = requestAnimationFrame(step);
  }

  /** Draw what is there, smoothly, in the ink of the theme. */
  paint() {
    const context = this.canvas.getContext("2d");
    const side = this.canvas.width;
    const colors = getComputedStyle(this.canvas);
    context.clearRect(0, 0, side, side);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = PEN * side;
    context.strokeStyle = colors.getPropertyValue("--ink");
    for (const stroke of this.strokes) drawLine(context, stroke, side);
    if (this.canvas.matches(":focus-visible")) {
      context.lineWidth = 0.006 * side;
      context.strokeStyle = colors.getPropertyValue("--accent");
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      context.arc(this.pen[0] * side, this.pen[1] * side, 0.5 * PEN * side, 0, 7);
      if (this.penIsDown) context.fill();
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

  /** End what draws at the moment: an example, a pointer, or the keys. */
  #stop() {
    cancelAnimationFrame(this.writing);
    this.pointer = null;
    this.penIsDown = false;
  }

  #down(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#stop();
    this.canvas.focus({ focusVisible: false });
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.#follow([event]);
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    this.#follow(passed.length ? passed : [event]);
  }

  #up(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  #follow(events) {
    const frame = this.canvas.getBoundingClientRect();
    const points = events.map((event) => [
      (event.clientX - frame.left) / frame.width,
      (event.clientY - frame.top) / frame.height,
    ]);
    this.#add(points);
  }

  #add(points) {
    const stroke = this.strokes.at(-1);
    for (const point of points.map((lengths) => lengths.map(round))) {
      const last = stroke.at(-1);
      if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= CLOSEST) stroke.push(point);
    }
    this.#changed();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      this.pen = this.pen.map((at, i) => Math.min(1, Math.max(0, at + step * arrow[i])));
      if (this.penIsDown) this.#add([this.pen]);
      else this.paint();
    } else if (event.key === " ") {
      if (this.penIsDown) this.#lift();
      else this.#lower();
    } else if (event.key === "Backspace") {
      this.undo();
    } else if (event.key === "Escape" || event.key === "Delete") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  #lower() {
    this.#stop();
    this.penIsDown = true;
    this.strokes.push([]);
    this.#add([this.pen]);
  }

  #lift() {
    this.penIsDown = false;
    this.paint();
  }
}

/** Draw from middle to middle of the points, bent towards the point between them. */
function drawLine(context, stroke, side) {
  const points = stroke.map(([x, y]) => [x * side, y * side]);
  context.beginPath();
  context.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...points.at(-1));
  context.stroke();
}

function round(length) {
  return Math.round(10000 * length) / 10000;
}
