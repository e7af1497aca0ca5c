// The Draw tab: strokes go to the server while they are drawn, and what the network
// makes of them comes back.

import { ask, latest } from "./ask.js";
import { Sheet } from "./sheet.js";

const WAIT_TO_SPEAK = 700; // milliseconds without a change

/** Fill the panel when it is first shown. */
export async function start(panel) {
  const find = (id) => panel.querySelector(`#${id}`);
  const bars = makeBars(find("bars"));
  const trouble = find("trouble");
  let speech = 0;

  function showAnswer(answer) {
    trouble.hidden = true;
    showPixels(find("pixels"), answer.pixels);
    if (sheet.strokes.length === 0) return showNothing();
    showVerdict(answer.probabilities);
  }

  function showVerdict(probabilities) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    const share = percent(probabilities[best]);
    find("digit").textContent = best;
    find("digit").classList.toggle("unsure", probabilities[best] < 0.5);
    find("certainty").textContent = share;
    bars.forEach((bar, digit) => bar(probabilities[digit], digit === best));
    clearTimeout(speech);
    speech = setTimeout(() => (find("spoken").textContent = `It reads ${best}, ${share}`), WAIT_TO_SPEAK);
  }

  function showNothing() {
    clearTimeout(speech);
    find("digit").textContent = "–";
    find("digit").classList.add("unsure");
    find("certainty").textContent = "";
    find("spoken").textContent = "The sheet is empty";
    bars.forEach((bar) => bar(0, false));
  }

  function showTrouble(error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }

  const send = latest("/draw/read", showAnswer, showTrouble);
  const sheet = new Sheet(find("sheet"), (strokes) => {
    find("sheet-hint").hidden = strokes.length > 0;
    find("undo").disabled = find("clear").disabled = strokes.length === 0;
    send({ strokes });
  });
  find("undo").addEventListener("click", () => sheet.undo());
  find("clear").addEventListener("click", () => sheet.clear());
  showNothing();
}

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
  return `${Math.round(100 * share)} %`;
}

function showPixels(canvas, pixels) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  pixels.forEach((ink, i) => image.data.set([255, 255, 255, ink], 4 * i));
  context.putImageData(image, 0, 0);
}
