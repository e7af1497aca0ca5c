// The frame: two tabs, each of which starts when it is first shown.

import { start as startDraw } from "./draw.js";
import { start as startPlayground } from "./playground.js";

const starts = { draw: startDraw, playground: startPlayground };
const tabs = [...document.querySelectorAll('[role="tab"]')];
const started = new Set();

function show(tab) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    panelOf(other).hidden = !chosen;
  }
  const name = tab.dataset.tab;
  history.replaceState(null, "", `#${name}`);
  if (started.has(name)) return;
  started.add(name);
  starts[name](panelOf(tab));
}

function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}

function move(event) {
  const here = tabs.indexOf(event.currentTarget);
  const to = {
    ArrowRight: (here + 1) % tabs.length,
    ArrowLeft: (here + tabs.length - 1) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(tabs[to]);
  tabs[to].focus();
}

for (const tab of tabs) {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", move);
}
show(tabs.find((tab) => `#${tab.dataset.tab}` === location.hash) ?? tabs[0]);
