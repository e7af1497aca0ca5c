// The Playground tab.

/** Fill the panel when it is first shown. */
export function start(panel) {
  panel.append("The playground is still to come.");
}
