// "A window to play with": five numbers, the filters they make, what is read and written.

import { describePlace } from "./describe.js";
import { filterbanks, readImage, write } from "./layers.js";
import { savePng } from "./saving.js";
import { ARROWS, Sheet, isInk, onThemeChange, readTheme } from "./screen.js";
import { toCss, toPixels, toSignedPixels } from "./screen.js";

const SIDE = 720, RESULT_SIDE = 480; // screen pixels
const CORNER = 24; // screen pixels around a corner that grab it, in the page's units
const LOGARITHMIC = ["variance", "gamma"];

export class Playground {
  // `sources` has functions `own` and `painted` that return pictures, (C, B, A) in [0, 1].
  constructor(root, network, sources) {
    const { height, width, channels } = network.config;
    Object.assign(this, { root, height, width, channels, sources, ink: isInk(network) });
    this.form = root.querySelector("form");
    this.canvas = root.querySelector(".picture");
    const size = { height, width, count: 1, columns: 1 };
    this.sheet = new Sheet(this.canvas, { ...size, side: SIDE });
    this.written = new Sheet(root.querySelector(".written"), { ...size, side: RESULT_SIDE });
    this.live = root.querySelector(".live");
    this.prepareForm(network.config);
    this.listen();
    onThemeChange(() => this.draw());
    this.draw();
  }

  prepareForm({ height, width, write_size, read_size }) {
    const fields = this.form.elements, K = Math.min(16, write_size ?? read_size);
    const range = (name, min, max, value) => Object.assign(fields[name], { min, max, value });
    range("centerX", -width / 4, (5 * width) / 4, (width - 1) / 2);
    range("centerY", -height / 4, (5 * height) / 4, (height - 1) / 2);
    range("stride", 0.1, Math.max(height, width), Math.min(height, width) / 2 / (K - 1));
    fields.variance.value = Math.log((Number(fields.stride.value) / 2) ** 2);
    fields.gamma.value = 0;
    fields.filters.value = K;
    this.form.oninput = () => this.draw();
    this.form.onsubmit = (event) => event.preventDefault();
    this.root.querySelector("[data-do=png]").onclick = () => savePng(this.canvas, "window.png");
  }

  value(name) {
    const value = Number(this.form.elements[name].value);
    return LOGARITHMIC.includes(name) ? Math.exp(value) : value;
  }

  set(name, value) {
    this.form.elements[name].value = value;
  }

  listen() {
    const { canvas } = this;
    let drag = null;
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      drag = this.grab(event);
      drag(event);
    };
    canvas.onpointermove = (event) => drag?.(event);
    canvas.onpointerup = canvas.onpointercancel = () => (drag = null);
    canvas.onkeydown = (event) => {
      const move = ARROWS[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || !move) return;
      event.preventDefault();
      const step = event.shiftKey ? 5 : 1;
      this.set("centerX", this.value("centerX") + step * move[0]);
      this.set("centerY", this.value("centerY") + step * move[1]);
      this.draw();
    };
  }

  // What dragging does from here: a corner changes the stride, all else moves the centre.
  grab(event) {
    const box = this.canvas.getBoundingClientRect(), pixel = box.width / this.width;
    const place = (e) => [(e.clientX - box.left) / pixel - 0.5, (e.clientY - box.top) / pixel - 0.5];
    const [x, y] = place(event), centre = [this.value("centerX"), this.value("centerY")];
    const half = ((this.value("filters") - 1) / 2) * this.value("stride");
    const beside = [x - centre[0], y - centre[1]].map((far) => Math.abs(Math.abs(far) - half));
    const pulls = Math.max(...beside) * pixel < CORNER && half * pixel > CORNER;
    const inside = Math.max(Math.abs(x - centre[0]), Math.abs(y - centre[1])) < half;
    const offset = inside ? [x - centre[0], y - centre[1]] : [0, 0];
    return (e) => {
      const [nowX, nowY] = place(e);
      if (pulls) {
        const reach = Math.max(Math.abs(nowX - centre[0]), Math.abs(nowY - centre[1]));
        this.set("stride", (2 * reach) / (this.value("filters") - 1));
      } else {
        this.set("centerX", nowX - offset[0]);
        this.set("centerY", nowY - offset[1]);
      }
      this.draw();
    };
  }

  // The window as one of `layers.js`, of one image.
  window() {
    const names = ["centerX", "centerY", "stride", "variance", "gamma"];
    return Object.fromEntries(names.map((name) => [name, Float64Array.of(this.value(name))]));
  }

  draw() {
    const { height, width, channels, ink } = this, theme = readTheme();
    const sizes = { height, width, K: this.value("filters") }, found = this.window();
    const picture = this.sources[this.form.elements.picture?.value ?? "own"]();
    const banks = filterbanks(found, sizes), patch = readImage(picture, banks, sizes);
    const back = write(patch, banks, sizes), largest = patch.reduce((a, b) => Math.max(a, b), 0);
    this.sheet.show(0, toPixels(picture, channels, ink, theme));
    this.sheet.frame(0, found, 0, sizes.K, theme.accent);
    const square = { height: sizes.K, width: sizes.K, count: 1, columns: 1, side: RESULT_SIDE };
    const shown = new Sheet(this.root.querySelector(".patch"), square);
    shown.show(0, toPixels(patch.map((v) => v / Math.max(1, largest)), channels, ink, theme));
    const most = back.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    this.written.show(0, toSignedPixels(back, channels, most, theme));
    this.drawFilters(".filters-x", banks.Fx, width, false, theme);
    this.drawFilters(".filters-y", banks.Fy, height, true, theme);
    this.label(found, largest, most);
  }

  // Each filter as a curve along the picture's side.
  drawFilters(selector, F, pixels, upright, theme) {
    const canvas = this.root.querySelector(selector), { scale } = this.sheet;
    const long = pixels * scale, across = Math.round((this.width * scale) / 5);
    [canvas.width, canvas.height] = upright ? [across, long] : [long, across];
    const context = canvas.getContext("2d"), most = F.reduce((a, b) => Math.max(a, b), 0);
    context.strokeStyle = toCss(theme.accent);
    context.lineWidth = 2.5;
    for (let start = 0; start < F.length; start += pixels) {
      context.beginPath();
      for (let a = 0; a < pixels; a++) {
        const along = (a + 0.5) * scale, size = 3 + (F[start + a] / most) * (across - 6);
        context.lineTo(...(upright ? [size, along] : [along, size]));
      }
      context.stroke();
    }
  }

  label(found, largest, most) {
    for (const name of [...Object.keys(found), "filters"]) {
      const field = this.form.elements[name], value = this.value(name);
      const words = name === "filters" ? String(value) : value.toFixed(value < 10 ? 2 : 1);
      field.parentElement.querySelector(".value").textContent = words;
      field.setAttribute("aria-valuetext", words);
    }
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      const [x, y] = [(found.centerX[0] + 0.5) / this.width, (found.centerY[0] + 0.5) / this.height];
      this.live.textContent =
        `The window is ${describePlace(x, y)}. The patch's largest value is` +
        ` ${largest.toFixed(2)}; written back, ${most.toFixed(2)}.`;
    }, 300);
  }
}
