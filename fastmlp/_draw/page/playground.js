// The Playground tab: the server trains some batches a request, and is asked for the
// next as soon as the last ones are painted.

import { ask } from "./ask.js";
import { Chart } from "./charts.js";
import { Controls } from "./controls.js";
import { Digits } from "./digits.js";
import { make, short } from "./dom.js";
import { NetworkView } from "./network.js";
import { Plane } from "./plane.js";

const ALL = 1_000_000_000; // batches: as many as there is time for
const GROWTH = 1.2; // from picture to picture, so that one sees how it begins

/** Fill the panel when it is first shown. */
export async function start(panel) {
  const trouble = make("p", { className: "notice", id: "play-trouble", role: "alert", hidden: true });
  panel.append(trouble);
  try {
    const options = await ask("/playground/options", {});
    new Playground(panel, options, trouble);
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}

class Playground {
  constructor(panel, options, trouble) {
    this.panel = panel;
    this.options = options;
    this.trouble = trouble;
    this.training = null; // what the server said when it began
    this.running = false;
    this.id = null; // of the training that the server keeps for this tab
    this.changed = false; // since it was last told
    this.beginning = this.stepping = false;
    this.last = Promise.resolve(); // of the requests, which go one after the other
    this.controls = new Controls(options, () => this.begin(), (error) => this.complain(error));
    this.plane = new Plane((place, away) => this.controls.point(place, away));
    this.network = new NetworkView((values, paint, name) => this.plane.showUnit(values, paint, name));
    this.digits = new Digits();
    this.charts = [new Chart("Loss", (result) => result.loss, false), new Chart("Accuracy", (result) => result.accuracy, true)];
    this.lay();
    this.begin();
  }

  lay() {
    this.title = make("h2");
    this.picture = make("section", { className: "card picture" }, this.title, this.plane.element, this.digits.element);
    this.drawing = make("section", { className: "card drawing" }, make("h2", { textContent: "Inside" }), this.network.element);
    this.wrong = make("section", { className: "card wrong" }, this.digits.title, this.digits.wrong);
    const curves = make("section", { className: "card curves" }, this.makeCurvesHead(), ...this.charts.map((chart) => chart.element));
    const stack = (name, ...cards) => make("div", { className: `stack ${name}` }, ...cards);
    this.panel.append(this.makeTransport(), stack("side", this.controls.data, this.controls.network),
      stack("middle", this.drawing, curves, this.wrong), stack("right", this.picture, this.makeCode()));
  }

  makeCurvesHead() {
    this.log = make("input", { id: "log", type: "checkbox", onchange: () => this.scale(this.log.checked) });
    return make("div", { className: "row between" }, make("h2", { textContent: "Curves" }),
      make("label", { className: "check" }, this.log, "Stretch the first epochs"));
  }

  /** Draw epochs logarithmically, or evenly. */
  scale(isLogarithmic) {
    this.log.checked = isLogarithmic;
    for (const chart of this.charts) {
      chart.isLogarithmic = isLogarithmic;
      chart.paint();
    }
  }

  makeTransport() {
    const button = (id, textContent, onclick, className = "") => make("button", { id, type: "button", textContent, onclick, className });
    this.play = button("train", "Train", () => (this.running ? this.pause() : this.train()), "primary");
    this.batch = button("step-batch", "One batch", () => this.take(1));
    this.epoch = button("step-epoch", "One epoch", () => this.take(this.leftOfEpoch()));
    const reset = button("reset", "Reset", () => this.begin(true));
    const speeds = [["epoch", "an epoch a picture"], ["batch", "a batch a picture"], ["full", "as fast as it can"]];
    // At full speed the beginning, where most is learnt, would be a sliver.
    this.speed = make("select", { id: "speed", onchange: () => this.scale(this.speed.value === "full") }, ...speeds.map(([value, textContent]) => make("option", { value, textContent })));
    this.facts = Object.fromEntries(["epoch", "batches", "rate"].map((name) => [name, make("dd", { id: `fact-${name}` })]));
    const titles = { epoch: "Epoch", batches: "Batches", rate: "Batches a second" };
    const facts = Object.entries(titles).map(([name, title]) => make("div", {}, make("dt", { textContent: title }), this.facts[name]));
    this.status = make("p", { className: "unseen", role: "status" });
    return make("div", { className: "card transport" },
      make("div", { className: "row" }, this.play, this.batch, this.epoch, reset,
        make("label", { className: "speed", htmlFor: "speed" }, make("span", { textContent: "Speed" }), this.speed)),
      make("dl", { className: "facts" }, ...facts), this.status);
  }

  makeCode() {
    this.code = make("pre", { id: "code", tabIndex: 0, role: "region" });
    this.code.setAttribute("aria-label", "This training as Keras code");
    this.copy = make("button", { id: "copy", type: "button", textContent: "Copy code", onclick: () => this.copyCode() });
    return make("section", { className: "card code" },
      make("div", { className: "row between" }, make("h2", { textContent: "The same as Keras code" }), this.copy), this.code);
  }

  // -- Training ----------------------------------------------------------------

  /** Begin anew, as after every change; what ran goes on running, unless it is to stop. */
  async begin(stops = false) {
    if (stops) this.pause();
    this.training = null;
    this.changed = true;
    if (this.beginning) return;
    this.beginning = true;
    while (this.changed) {
      this.changed = false;
      await this.beginOnce();
    }
    this.beginning = false;
    this.refresh();
  }

  async beginOnce() {
    const { settings, axes } = this.controls;
    const waits = this.waitsFor(settings);
    if (waits) return this.wait(waits);
    this.refresh();
    try {
      const answer = await this.inTurn(() => ask("/playground/begin", { settings, axes, instead_of: this.id }));
      this.id = answer.id;
      if (this.changed) return;
      this.training = answer;
      this.batchesAPicture = 1;
      this.complain(null);
      this.controls.told(answer.scene);
      this.view(answer);
      for (const chart of this.charts) chart.clear();
      this.show(answer);
      if (!this.running) this.say("Ready");
      this.showCode();
    } catch (error) {
      this.pause();
      this.complain(error);
    }
  }

  /** Return what the user is still to do, if anything. */
  waitsFor({ data, points, table }) {
    if (data === "csv" && !table) return "Choose a CSV file.";
    if (data === "points" && new Set(points.map((point) => point[2])).size < 2) return "Set points of two classes.";
    return null;
  }

  wait(what) {
    this.pause();
    this.complain(null);
    const { extent } = this.options;
    const { points } = this.controls.settings;
    this.view({
      classes: ["class 1", "class 2", "class 3", "class 4"],
      scene: {
        kind: "plane", side: 2, unit_side: 2, axes: [0, 1], columns: ["x1", "x2"],
        low: [-extent, -extent], high: [extent, extent], first: [-extent, -extent], last: [extent, extent], points: [],
      },
    });
    this.plane.points = [{ x: points.flatMap((point) => point.slice(0, 2)), y: points.map((point) => point[2]) }];
    this.plane.repaint();
    this.plane.readout.textContent = what;
    for (const chart of this.charts) chart.clear();
    for (const fact of Object.values(this.facts)) fact.textContent = "–";
    this.code.textContent = "";
    this.refresh();
    this.say(what);
  }

  view(training) {
    const isPlane = training.scene.kind === "plane";
    this.plane.element.hidden = !isPlane;
    this.drawing.hidden = !isPlane || !training.units;
    this.digits.element.hidden = this.wrong.hidden = isPlane;
    this.title.textContent = isPlane ? "What it says everywhere" : "What its first layer looks for";
    if (!isPlane) return this.digits.begin(training);
    this.plane.begin(training.scene, training.classes);
    const what = training.rows ? `${training.rows[0] + training.rows[1]} points of ${training.classes.length} classes` : "No training yet";
    this.plane.canvas.setAttribute("aria-label", `${what}, over what the network says everywhere`);
    if (training.units) this.network.begin(training);
  }

  async train() {
    if (!this.training || this.running || this.stepping) return;
    this.running = true;
    this.refresh();
    this.say("Training");
    while (this.running) {
      if (this.training && !this.panel.hidden) await this.step(this.batchesOfPicture());
      await nextPicture();
    }
  }

  batchesOfPicture() {
    if (this.speed.value === "batch") return 1;
    this.batchesAPicture = Math.min(ALL, Math.ceil(GROWTH * this.batchesAPicture));
    if (this.speed.value === "full") return this.batchesAPicture;
    return Math.min(this.batchesAPicture, this.leftOfEpoch());
  }

  leftOfEpoch() {
    const { batches, per_epoch: all } = this.training;
    return all - (batches % all);
  }

  pause() {
    if (!this.running) return;
    this.running = false;
    this.refresh();
    this.say(this.words());
    this.showCode();
  }

  /** Take so many batches, in as many requests as that needs, and then rest. */
  async take(batches) {
    const { training } = this;
    if (!training || this.running || this.stepping) return;
    this.stepping = true;
    const end = training.batches + batches;
    while (training === this.training && training.batches < end) {
      if (!(await this.step(end - training.batches))) break;
    }
    this.stepping = false;
    this.say(this.words());
    this.showCode();
  }

  /** Ask for some batches; return whether it can go on. */
  async step(batches) {
    const { training } = this;
    try {
      const state = await this.inTurn(() => this.isKept(training) && ask("/playground/step", { id: training.id, batches }));
      if (!state || training !== this.training) return false; // It was begun anew meanwhile.
      this.show(state);
      return state.train.loss !== null || this.diverged();
    } catch (error) {
      if (training !== this.training) return false;
      this.pause();
      this.complain(error);
      return false;
    }
  }

  /** Ask once all that was asked before is answered: what is given up is asked no more. */
  inTurn(asking) {
    this.last = this.last.then(asking, asking);
    return this.last;
  }

  isKept(training) {
    return training.id === this.id;
  }

  diverged() {
    this.pause();
    this.complain(new Error("The loss has become infinite: the steps are too large. Choose a smaller learning rate."));
    return false;
  }

  // -- What is seen ------------------------------------------------------------

  show(state) {
    const { training } = this;
    const [batches, seconds] = [state.batches - training.batches, state.seconds - training.seconds];
    Object.assign(training, { batches: state.batches, seconds: state.seconds, latest: state });
    if (batches > 0) this.rate = 0.7 * (this.rate ?? batches / seconds) + (0.3 * batches) / seconds;
    else this.rate = undefined;
    this.facts.epoch.textContent = short(Number(state.epoch.toFixed(state.epoch < 10 ? 2 : 1)));
    this.facts.batches.textContent = state.batches.toLocaleString("en-US");
    this.facts.rate.textContent = this.rate ? short(Number(this.rate.toPrecision(2))) : "–";
    for (const chart of this.charts) chart.add(state);
    if (training.scene.kind !== "plane") return this.digits.show(state.picture);
    this.plane.show(state.picture);
    this.network.show(state.picture);
  }

  words() {
    const latest = this.training?.latest;
    if (!latest) return "Paused";
    const of = (result) => `${(100 * result.accuracy).toFixed(1)} %`;
    const rest = latest.val ? `, validation ${of(latest.val)}` : "";
    return `Epoch ${latest.epoch.toFixed(1)}: training accuracy ${of(latest.train)}${rest}`;
  }

  async showCode() {
    const { training } = this;
    if (!training) return;
    try {
      const answer = await this.inTurn(() => this.isKept(training) && ask("/playground/code", { id: training.id }));
      if (answer && training === this.training) this.code.textContent = answer.code;
    } catch (error) {
      if (training === this.training) this.complain(error);
    }
  }

  async copyCode() {
    await this.showCode();
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      this.say("The code is in the clipboard");
      this.copy.textContent = "Copied";
      setTimeout(() => (this.copy.textContent = "Copy code"), 1500);
    } catch {
      getSelection().selectAllChildren(this.code); // Then Ctrl-C does it.
      this.say("The code is selected: copy it by Ctrl-C");
    }
  }

  refresh() {
    this.play.textContent = this.running ? "Pause" : "Train";
    this.play.disabled = !this.training && !this.running;
    this.batch.disabled = this.epoch.disabled = !this.training || this.running;
    this.copy.disabled = !this.training;
    this.panel.setAttribute("aria-busy", this.beginning);
  }

  say(words) {
    this.status.textContent = words;
  }

  complain(error) {
    this.trouble.hidden = !error;
    this.trouble.textContent = error?.message ?? "";
  }
}

const nextPicture = () => new Promise((resolve) => requestAnimationFrame(resolve));
