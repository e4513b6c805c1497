// Pictures on canvases: colours of the page's theme, enlarged pixels, window frames.

import { sigmoid } from "./layers.js";

// Arrow keys, as steps across and down.
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Colours of the style sheet, for light or dark, as [red, green, blue].
export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const names = ["paper", "ink", "soft", "line", "accent", "read", "over"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]
  ).map(([name, hex]) => [name, [1, 3, 5].map((at) => parseInt(hex.trim().slice(at, at + 2), 16))]));
}

export function toCss(colour) {
  return `rgb(${colour.join(" ")})`;
}

// Call `redraw` whenever the system changes between light and dark.
export function onThemeChange(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// Pictures of one size in a grid on a canvas; `side` is the longest in screen pixels.
export class Sheet {
  constructor(canvas, { height, width, count, columns, side }) {
    const rows = Math.ceil(count / columns);
    const longest = Math.max(columns * (width + 1), rows * (height + 1));
    this.scale = Math.max(1, Math.floor(side / longest));
    Object.assign(this, { canvas, height, width, columns });
    canvas.width = (columns * (width + 1) - 1) * this.scale;
    canvas.height = (rows * (height + 1) - 1) * this.scale;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.small = new OffscreenCanvas(width, height);
  }

  clear(theme) {
    this.context.fillStyle = toCss(theme.line);
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // Top left corner of picture k, in screen pixels.
  corner(k) {
    const { columns, width, height, scale } = this;
    return [(k % columns) * (width + 1) * scale, Math.floor(k / columns) * (height + 1) * scale];
  }

  // Show picture k; `pixels` is red, green, blue, 255 of every pixel.
  show(k, pixels) {
    const { width, height, scale, context } = this;
    this.small.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, ...this.corner(k), width * scale, height * scale);
  }

  // Outline window number `at` on picture k, from its first filter to its last.  The line widens
  // with the filters' sigma, as in the paper's figure 1.
  frame(k, window, at, K, colour, dashed = false) {
    if (!window) return;
    const { context, scale, width, height } = this, [left, top] = this.corner(k);
    const reach = ((K - 1) / 2) * window.stride[at] * scale;
    const thickness = scale * (0.25 + Math.sqrt(window.variance[at]) / 4);
    context.save();
    context.beginPath();
    context.rect(left, top, width * scale, height * scale);
    context.clip();
    context.strokeStyle = toCss(colour);
    context.lineWidth = Math.max(1, Math.min(thickness, (Math.min(width, height) * scale) / 16));
    if (dashed) context.setLineDash([context.lineWidth * 2, context.lineWidth * 1.5]);
    const x = left + (window.centerX[at] + 0.5) * scale - reach;
    const y = top + (window.centerY[at] + 0.5) * scale - reach;
    context.strokeRect(x, y, 2 * reach, 2 * reach);
    context.restore();
  }
}

// Whether pictures are ink on paper: grey, and empty at first, as digits are.
export function isInk({ config, params }) {
  const start = params["canvas_0"];
  if (config.channels === 3 || !start) return config.channels === 1;
  return start.reduce((sum, value) => sum + sigmoid(value), 0) / start.length < 0.25;
}

// Pixels of values in [0, 1], (C, B, A): ink on the theme's paper, grey levels or colours.
export function toPixels(values, channels, ink, theme) {
  const count = values.length / channels, out = new Uint8ClampedArray(4 * count).fill(255);
  const [from, to] = ink ? [theme.paper, theme.ink] : [[0, 0, 0], [255, 255, 255]];
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values[channels === 3 ? c * count + i : i];
      out[4 * i + c] = from[c] + (to[c] - from[c]) * value;
    }
  }
  return out;
}

// Pixels of values in [-limit, limit]: above 0 in the accent's colour, below in blue.
export function toSignedPixels(values, channels, limit, theme) {
  const count = values.length / channels, out = new Uint8ClampedArray(4 * count).fill(255);
  for (let i = 0; i < count; i++) {
    let mean = 0;
    for (let c = 0; c < channels; c++) mean += values[c * count + i] / channels / limit;
    const to = mean > 0 ? theme.accent : theme.over;
    for (let c = 0; c < 3; c++) {
      out[4 * i + c] = theme.paper[c] + (to[c] - theme.paper[c]) * Math.min(1, Math.abs(mean));
    }
  }
  return out;
}
