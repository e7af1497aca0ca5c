// Small helpers: elements, and bytes that came as text.

/** Return an element with attributes, properties and listeners, and its children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Return the bytes of base64, as an array of `Kind`. */
export function bytesOf(text, Kind = Uint8Array) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new Kind(bytes.buffer);
}

/** Give a canvas as many pixels as the screen has where it lies; return its context. */
export function fitted(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Return a number with the digits that matter: 1.2e-5, 0.0123, 12.3, 1,230. */
export function short(number) {
  if (number === 0) return "0";
  if (Math.abs(number) >= 1000) return Math.round(number).toLocaleString("en-US");
  return Math.abs(number) < 1e-3 ? number.toExponential(1) : String(Number(number.toPrecision(3)));
}

/** Return as much of a text as has room in a canvas. */
export function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = text;
  while (kept && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
