// Words for what is seen, for screen readers and for everyone.

export function describeWindow(window, at, K, { height, width }) {
  const side = ((K - 1) * window.stride[at] + 1).toFixed(0);
  return `window of ${side} by ${side} pixels ${describePlace(
    (window.centerX[at] + 0.5) / width, (window.centerY[at] + 0.5) / height)}`;
}

// Words for a place, given as parts of width and height.
export function describePlace(across, down) {
  const column = across < 0.4 ? "left" : across > 0.6 ? "right" : "";
  const row = down < 0.4 ? "top" : down > 0.6 ? "bottom" : "";
  const place = `${row} ${column}`.trim();
  return place ? `at the ${place}` : "in the middle";
}

// Percentage of pixels that are more than half inked.
export function describeInk(values) {
  const inked = values.reduce((count, value) => count + (value > 0.5), 0);
  return `${Math.round((100 * inked) / values.length)} % of its pixels are bright or inked`;
}
