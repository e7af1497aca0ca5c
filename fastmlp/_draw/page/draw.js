// The Draw tab: strokes go to the server while they are drawn, and what the network
// makes of them comes back.

import { ask, latest } from "./ask.js";
import { Lights } from "./lights.js";
import { Sheet } from "./sheet.js";

const WAIT_TO_SPEAK = 700; // milliseconds without a change
const UNSURE = 0.8; // below this probability, it is said what else it may be

/** Fill the panel when it is first shown. */
export function start(panel) {
  const find = (id) => panel.querySelector(`#${id}`);
  const bars = makeBars(find("bars"));
  const layers = new Map();
  let speech = 0;

  const send = latest("/draw/read", showAnswer, showTrouble);
  const sheet = new Sheet(find("sheet"), (strokes) => {
    find("sheet-hint").hidden = strokes.length > 0;
    // Not `disabled`, which would take the focus from who presses them by the keyboard.
    for (const id of ["undo", "clear"]) find(id).ariaDisabled = strokes.length === 0;
    send({ strokes });
  });
  sheet.clear();

  find("undo").addEventListener("click", () => sheet.undo());
  find("clear").addEventListener("click", () => sheet.clear());
  makeExamples(find("examples"), writeExample);
  find("sheet").addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      writeExample(Number(event.key));
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !panel.hidden) {
      event.preventDefault();
      sheet.undo();
    }
  });
  ask("/draw/about", {}).then(({ about }) => (find("about").textContent = about), showTrouble);

  function writeExample(digit) {
    ask("/draw/example", { digit }).then(({ strokes }) => sheet.write(strokes), showTrouble);
  }

  function showAnswer(answer) {
    const isEmpty = sheet.strokes.length === 0;
    find("trouble").hidden = true;
    showPixels(find("pixels"), answer.pixels);
    for (const { name, outputs } of answer.layers) {
      if (!layers.has(name)) {
        layers.set(name, new Lights(name));
        find("layers").append(layers.get(name).figure);
      }
      layers.get(name).show(outputs, isEmpty);
    }
    if (isEmpty) showNothing();
    else showVerdict(answer.probabilities);
  }

  function showVerdict(probabilities) {
    const [best, second] = [...bars.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const isSure = probabilities[best] >= UNSURE;
    const share = percent(probabilities[best]);
    const doubt = isSure ? "" : `or ${second}: ${percent(probabilities[second])}`;
    say(best, isSure, share, doubt);
    bars.forEach((show, digit) => show(probabilities[digit], digit === best));
    speak(`It reads ${best}, ${share} ${doubt}`);
  }

  function showNothing() {
    say("?", false, "", "");
    bars.forEach((show) => show(0, false));
    speak("The sheet is empty");
  }

  function say(digit, isSure, share, doubt) {
    find("digit").textContent = digit;
    find("digit").classList.toggle("unsure", !isSure);
    find("digit").classList.toggle("none", digit === "?");
    find("certainty").textContent = share;
    find("doubt").textContent = doubt;
  }

  /** Let a screen reader say it, once the hand rests. */
  function speak(words) {
    clearTimeout(speech);
    speech = setTimeout(() => (find("spoken").textContent = words), WAIT_TO_SPEAK);
  }

  function showTrouble(error) {
    find("trouble").textContent = error.message;
    find("trouble").hidden = false;
  }
}

function makeExamples(group, write) {
  for (let digit = 0; digit < 10; digit++) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit;
    button.addEventListener("click", () => write(digit));
    group.append(button);
  }
}

/** Return a function for each digit that shows its probability. */
function makeBars(list) {
  return Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li");
    const [label, track, share] = ["b", "span", "span"].map((tag) => document.createElement(tag));
    const fill = document.createElement("span");
    label.textContent = digit;
    track.className = "track";
    fill.className = "fill";
    share.className = "share";
    track.append(fill);
    row.append(label, track, share);
    list.append(row);
    return (probability, isBest) => {
      row.classList.toggle("best", isBest);
      fill.style.setProperty("--share", probability);
      share.textContent = percent(probability);
    };
  });
}

function percent(share) {
  // Only what is certain is said to be.
  return 0.995 <= share && share < 1 ? ">\u202f99\u202f%" : `${Math.round(100 * share)}\u202f%`;
}

function showPixels(canvas, pixels) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  pixels.forEach((ink, i) => image.data.set([255, 255, 255, ink], 4 * i));
  context.putImageData(image, 0, 0);
}
