// What can be chosen: data, network and how it learns.

import { swatch } from "./colors.js";
import { make } from "./dom.js";

const TITLES = {
  spirals: "Two spirals",
  moons: "Two moons",
  circles: "Circles",
  checkers: "Checkers (XOR)",
  clusters: "Clusters",
  points: "Own points",
  csv: "Own table (CSV)",
  drawn: "Drawn digits",
  mnist: "MNIST",
};
const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const PENALTIES = [0, 0.00001, 0.0001, 0.001, 0.01, 0.1];
const OPTIMIZERS = { sgd: "SGD", momentum: "SGD, momentum 0.9", rmsprop: "RMSprop", adagrad: "Adagrad", adam: "Adam", nadam: "Nadam" };
const OWN_CLASSES = 4;
const LARGEST_FILE = 2_000_000; // bytes
// Of networks for points, and for images.
const REMEMBERED = ["hidden", "activation", "optimizer", "learning_rate", "batch_size", "l2", "dropout"];

/** The form; `onChange()` is called when something was chosen. */
export class Controls {
  constructor(options, onChange, onTrouble) {
    this.options = options;
    this.onTrouble = onTrouble;
    this.values = structuredClone(options.defaults);
    this.axes = [0, 1];
    this.readText = null; // the table that the server could read
    this.kind = 0; // the class of the next own point
    this.others = structuredClone(options.digits); // what the other kind of data had
    this.change = onChange;
    this.data = make("section", { className: "card data" }, make("h2", { textContent: "Data" }));
    this.network = make("section", { className: "card choices" }, make("h2", { textContent: "Network" }));
    this.data.append(this.makeData(), this.makeShape(), this.makeOwnPoints(), this.makeTable());
    this.network.append(this.makeLayers(), this.makeFields());
    this.refresh();
  }

  /** What the server is told: points and tables only where they are learnt from. */
  get settings() {
    const { values } = this;
    const { data, points, table } = values;
    return { ...values, points: data === "points" ? points : [], table: data === "csv" ? table : null };
  }

  get isImages() {
    return ["drawn", "mnist"].includes(this.values.data);
  }

  set(name, value) {
    this.values[name] = value;
    this.refresh();
    this.change();
  }

  makeData() {
    const chips = this.options.data.map((kind) => {
      const input = make("input", { type: "radio", name: "data", value: kind, id: `data-${kind}`, checked: kind === this.values.data, onchange: () => this.choose(kind) });
      return make("label", { className: "chip" }, input, make("span", { textContent: TITLES[kind] }));
    });
    return make("div", { className: "chips", role: "radiogroup", "aria-label": "Data" }, ...chips);
  }

  /** Images want another network than points; each comes back as it was left. */
  choose(kind) {
    const before = this.isImages;
    this.values.data = kind;
    this.axes = [0, 1];
    if (before !== this.isImages) {
      for (const name of REMEMBERED) [this.values[name], this.others[name]] = [this.others[name], this.values[name]];
    }
    this.refresh();
    this.change();
  }

  makeShape() {
    this.noise = range("Noise", "noise", 0, 0.5, 0.01, (value) => this.set("noise", value));
    this.samples = number("Points", "samples", 20, 5000, (value) => this.set("samples", value));
    return (this.shape = make("div", { className: "fields" }, this.noise.element, this.samples.element));
  }

  makeOwnPoints() {
    const chips = Array.from({ length: OWN_CLASSES }, (_, kind) => {
      const input = make("input", { type: "radio", name: "class", id: `class-${kind}`, checked: kind === 0, onchange: () => (this.kind = kind) });
      return make("label", { className: "chip" }, input, make("span", {}, swatch(kind), `class ${kind + 1}`));
    });
    const clear = () => this.set("points", []);
    const undo = () => this.set("points", this.values.points.slice(0, -1));
    this.undo = make("button", { type: "button", textContent: "Take back", onclick: undo });
    this.clear = make("button", { type: "button", textContent: "Clear", onclick: clear });
    return (this.own = make("div", { className: "group" },
      make("p", { className: "hint", textContent: "Click into the picture to set points of a class; with Shift, the nearest point goes. By keyboard: arrows, Enter, Delete." }),
      make("div", { className: "chips", role: "radiogroup", "aria-label": "Class of the next point" }, ...chips),
      make("div", { className: "row" }, this.undo, this.clear)));
  }

  /** Set a point, or take the nearest away. */
  point([x, y], away) {
    if (this.values.data !== "points") return;
    const { points } = this.values;
    if (!away) {
      const round = (z) => Math.max(-this.options.extent, Math.min(this.options.extent, Number(z.toFixed(3))));
      return this.set("points", [...points, [round(x), round(y), this.kind]]);
    }
    const distances = points.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2);
    const nearest = distances.indexOf(Math.min(...distances));
    if (points.length) this.set("points", points.filter((_, at) => at !== nearest));
  }

  makeTable() {
    const file = make("input", { type: "file", id: "csv-file", accept: ".csv,.tsv,.txt,text/csv", onclick: () => (file.value = ""), onchange: () => this.read(file.files[0]) });
    this.label = choice("Class", "csv-label", [], (value) => this.relabel(value));
    this.across = choice("Across", "csv-x", [], (value) => this.look(0, Number(value)));
    this.up = choice("Up", "csv-y", [], (value) => this.look(1, Number(value)));
    this.leftOut = make("p", { className: "hint" });
    this.columns = make("div", { className: "fields" }, this.label.element, this.across.element, this.up.element);
    return (this.table = make("div", { className: "group" },
      field("A CSV file with two or more columns of numbers and one with the class", "csv-file", file),
      this.columns, this.leftOut));
  }

  async read(file) {
    if (!file) return;
    try {
      if (file.size > LARGEST_FILE) throw new Error(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB, and the playground reads 2 MB.`);
      const text = decoded(file.name, await file.arrayBuffer());
      this.axes = [0, 1];
      this.set("table", { name: file.name, text, label: null });
    } catch (error) {
      this.onTrouble(error);
    }
  }

  relabel(label) {
    this.axes = [0, 1];
    this.set("table", { ...this.values.table, label });
  }

  /** Look at another column; the same twice changes places. */
  look(at, column) {
    if (this.axes[1 - at] === column) this.axes[1 - at] = this.axes[at];
    this.axes[at] = column;
    this.change();
  }

  /** Take what the server read in the table. */
  told(scene) {
    if (this.values.data !== "csv") return;
    const columns = scene.columns.map((name, at) => [at, name]);
    this.label.fill(scene.labels.map((name) => [name, name]), scene.label);
    this.across.fill(columns, scene.axes[0]);
    this.up.fill(columns, scene.axes[1]);
    const others = scene.columns.filter((_, at) => !scene.axes.includes(at));
    this.leftOut.textContent = [
      others.length ? `It learns from all ${scene.columns.length} columns of numbers. In the picture, ${others.join(", ")} ${others.length > 1 ? "are" : "is"} at the mean; a ring marks what is told wrong.` : "",
      scene.left_out.length ? `Left out, since there are words in it: ${scene.left_out.join(", ")}.` : "",
    ].join(" ");
    this.readText = this.values.table.text;
    this.columns.hidden = this.leftOut.hidden = false;
  }

  makeLayers() {
    this.layers = make("div", { className: "layers" });
    this.rows = [];
    this.add = make("button", { type: "button", textContent: "Add layer", onclick: () => this.set("hidden", [...this.values.hidden, this.isImages ? 64 : 8]) });
    return make("fieldset", {}, make("legend", { textContent: "Hidden layers" }), this.layers, this.add);
  }

  /** Make rows where layers come or go; others only get their numbers. */
  refreshLayers() {
    const { hidden } = this.values;
    if (this.rows.length !== hidden.length) {
      this.rows = hidden.map((_, at) => this.makeLayer(at));
      this.layers.replaceChildren(...this.rows.map((row) => row.element));
    }
    hidden.forEach((units, at) => this.rows[at].put(units));
    this.add.disabled = hidden.length >= this.options.most_layers;
  }

  makeLayer(at) {
    const most = this.options.most_units;
    const units = () => this.values.hidden[at];
    const set = (value) => this.set("hidden", this.values.hidden.with(at, Math.max(1, Math.min(most, value))));
    // From 16 on, in steps of 8.
    const less = () => set(units() - (units() > 16 ? 8 : 1));
    const more = () => set(units() + (units() < 16 ? 1 : 8));
    const remove = () => {
      this.set("hidden", this.values.hidden.toSpliced(at, 1));
      this.add.focus();
    };
    const input = number(`Layer ${at + 1}`, `hidden-${at}`, 1, most, set);
    const button = (id, textContent, what, onclick) => {
      const made = make("button", { id: `${id}-${at}`, type: "button", className: "small", textContent, onclick });
      made.setAttribute("aria-label", `${what} layer ${at + 1}`);
      return made;
    };
    const element = make("div", { className: "layer" }, input.element,
      button("less", "−", "Fewer units in", less), button("more", "+", "More units in", more), button("remove", "×", "Remove", remove));
    return { element, put: input.put };
  }

  makeFields() {
    const { options } = this;
    const fields = {
      activation: choice("Activation", "activation", options.activations.map((name) => [name, name]), (value) => this.set("activation", value)),
      optimizer: choice("Optimizer", "optimizer", options.optimizers.map((name) => [name, OPTIMIZERS[name] ?? name]), (value) => this.set("optimizer", value)),
      learning_rate: choice("Learning rate", "learning-rate", RATES.map((rate) => [rate, String(rate)]), (value) => this.set("learning_rate", Number(value))),
      batch_size: choice("Batch size", "batch-size", BATCHES.map((size) => [size, String(size)]), (value) => this.set("batch_size", Number(value))),
      l2: choice("L2 penalty", "l2", PENALTIES.map((one) => [one, one ? String(one) : "none"]), (value) => this.set("l2", Number(value))),
      dropout: range("Dropout", "dropout", 0, 0.8, 0.05, (value) => this.set("dropout", value)),
      seed: number("Seed", "seed", 0, 2 ** 32 - 1, (value) => this.set("seed", value)),
    };
    this.fields = fields;
    const other = make("button", { type: "button", textContent: "Another seed", onclick: () => this.set("seed", Math.floor(10_000 * Math.random())) });
    return make("div", { className: "fields" }, ...Object.values(fields).map((field) => field.element), other);
  }

  refresh() {
    const { values } = this;
    const isShape = !["points", "csv", "drawn", "mnist"].includes(values.data);
    this.shape.hidden = !isShape;
    this.own.hidden = values.data !== "points";
    this.table.hidden = values.data !== "csv";
    this.columns.hidden = this.leftOut.hidden = !values.table || values.table.text !== this.readText;
    this.undo.disabled = this.clear.disabled = values.points.length === 0;
    this.noise.put(values.noise);
    this.samples.put(values.samples);
    for (const [name, field] of Object.entries(this.fields)) field.put(values[name]);
    this.refreshLayers();
  }
}

function decoded(name, bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${name} is no text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.`);
  }
}

function field(title, id, input, ...more) {
  return make("div", { className: "field" }, make("label", { htmlFor: id, textContent: title }), ...more, input);
}

/** A list to choose from; `put` selects, and adds what is not there. */
function choice(title, id, pairs, onChange) {
  const select = make("select", { id, onchange: () => onChange(select.value) });
  const fill = (all, chosen) => {
    select.replaceChildren(...all.map(([value, text]) => make("option", { value, textContent: text })));
    if (chosen !== undefined) put(chosen);
  };
  const put = (value) => {
    if (![...select.options].some((one) => one.value === String(value))) select.add(make("option", { value, textContent: value }));
    select.value = value;
  };
  fill(pairs);
  return { element: field(title, id, select), put, fill };
}

/** A number to type; what is no number of the range goes back to what it was. */
function number(title, id, min, max, onChange) {
  let known = min;
  const put = (value) => (input.value = known = value);
  const change = () => {
    const value = input.valueAsNumber;
    if (!Number.isInteger(value) || value < min || value > max) return put(known);
    onChange(value);
  };
  const input = make("input", { id, type: "number", min, max, step: 1, inputMode: "numeric", onchange: change });
  return { element: field(title, id, input), put };
}

function range(title, id, min, max, step, onChange) {
  const shown = make("output", { htmlFor: id });
  const put = (value) => {
    input.value = value;
    shown.textContent = Number(value);
  };
  const input = make("input", { id, type: "range", min, max, step, oninput: () => onChange(input.valueAsNumber) });
  return { element: field(title, id, input, shown), put };
}
