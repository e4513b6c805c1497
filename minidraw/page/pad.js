// Paper to draw on with mouse, finger or keyboard; `values` is the picture, (C, B, A) in [0, 1].

import { readPicture } from "./pictures.js";
import { ARROWS, Sheet, isInk, onThemeChange, readTheme, toCss, toPixels } from "./screen.js";

const SIDE = 640; // screen pixels
const KEY_PAUSE = 500; // ms without a key before the picture counts as changed

export class Pad {
  // `makeExample(k)` returns the values of example k; `changed()` is called after every stroke;
  // `overlay(sheet, theme)` draws on top.
  constructor(root, network, { makeExample, changed, overlay = () => {} }) {
    root.append(document.getElementById("pad-parts").content.cloneNode(true));
    const { height, width, channels } = network.config;
    Object.assign(this, { root, height, width, channels, makeExample, changed, overlay });
    this.ink = isInk(network);
    this.canvas = root.querySelector("canvas");
    this.sheet = new Sheet(this.canvas, { height, width, count: 1, columns: 1, side: SIDE });
    this.values = new Float64Array(channels * height * width);
    this.pen = { x: (width - 1) >> 1, y: (height - 1) >> 1, down: false }; // of the keyboard
    this.examples = 0;
    this.listen();
    onThemeChange(() => this.draw());
  }

  field(name) {
    return this.root.querySelector(`[name=${name}]`);
  }

  listen() {
    const { canvas, root } = this;
    let last = null;
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      last = this.toPicture(event);
      this.stroke(last, last);
    };
    canvas.onpointermove = (event) => {
      if (!last) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const point of (passed.length ? passed : [event]).map((e) => this.toPicture(e))) {
        this.stroke(last, point);
        last = point;
      }
    };
    canvas.onpointerup = canvas.onpointercancel = () => {
      if (last) this.changed();
      last = null;
    };
    canvas.onkeydown = (event) => this.useKey(event);
    canvas.onfocus = canvas.onblur = () => this.draw();
    root.querySelector("[data-do=clear]").onclick = () =>
      this.replace(new Float64Array(this.values.length));
    root.querySelector("[data-do=example]").onclick = () => this.showExample();
    root.querySelector("[type=file]").onchange = (event) => this.load(event.target);
  }

  // A place on the screen, in pixels of the picture counted from 0.
  toPicture(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.width - 0.5,
      ((event.clientY - box.top) / box.height) * this.height - 0.5,
    ];
  }

  replace(values, isExample = false) {
    this.values = values;
    this.isExample = isExample;
    this.draw();
    this.changed();
  }

  showExample() {
    this.replace(this.makeExample(this.examples++), true);
  }

  async load(input) {
    const [file] = input.files, { channels, height, width, ink } = this;
    if (!file) return;
    try {
      this.replace(await readPicture(file, { channels, height, width, ink }));
      this.say(`${file.name} loaded.`);
    } catch {
      this.say(`${file.name} is no picture that this browser can read.`);
    }
    input.value = "";
  }

  say(words) {
    this.root.querySelector(".pen").textContent = words;
  }

  // Draw a line with a round pen whose edge fades over a pixel.
  stroke([x0, y0], [x1, y1]) {
    if (this.isExample) this.values = new Float64Array(this.values.length);
    this.isExample = false;
    const { width, height, channels, values } = this, radius = Number(this.field("pen").value);
    const erases = this.field("eraser").checked, colour = this.colour();
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const along = length ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length : 0;
        const part = Math.min(1, Math.max(0, along));
        const distance = Math.hypot(x - x0 - part * (x1 - x0), y - y0 - part * (y1 - y0));
        const cover = Math.min(1, Math.max(0, radius + 0.5 - distance));
        for (let c = 0; c < channels && cover; c++) {
          const at = (c * height + y) * width + x;
          if (erases) values[at] *= 1 - cover;
          else if (channels === 1) values[at] = Math.max(values[at], cover);
          else values[at] += (colour[c] - values[at]) * cover;
        }
      }
    }
    this.draw();
  }

  // Red, green and blue of the pen, in [0, 1].
  colour() {
    const hex = this.field("colour")?.value ?? "#ffffff";
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  }

  useKey(event) {
    const { pen } = this, move = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(move || event.key === " ")) return;
    event.preventDefault();
    const before = [pen.x, pen.y], step = event.shiftKey ? 5 : 1;
    if (move) {
      pen.x = Math.min(this.width - 1, Math.max(0, pen.x + step * move[0]));
      pen.y = Math.min(this.height - 1, Math.max(0, pen.y + step * move[1]));
    } else {
      pen.down = !pen.down;
    }
    clearTimeout(this.waiting);
    if (pen.down) {
      this.stroke(before, [pen.x, pen.y]);
      this.strokeWaits = true; // also for a pen that is lifted before the pause
    } else {
      this.draw();
    }
    this.waiting = setTimeout(() => {
      const place = `column ${Math.round(pen.x) + 1}, row ${Math.round(pen.y) + 1}`;
      this.say(`Pen ${pen.down ? "down" : "up"} at ${place}.`);
      if (this.strokeWaits) this.changed();
      this.strokeWaits = false;
    }, KEY_PAUSE);
  }

  draw() {
    const { sheet, pen, values, channels } = this, theme = readTheme();
    sheet.show(0, toPixels(values, channels, this.ink, theme));
    this.overlay(sheet, theme);
    if (!this.canvas.matches(":focus-visible")) return;
    const { context, scale } = sheet;
    context.strokeStyle = context.fillStyle = toCss(theme.accent);
    context.lineWidth = 2;
    context.beginPath();
    context.arc((pen.x + 0.5) * scale, (pen.y + 0.5) * scale, Math.max(6, scale), 0, 2 * Math.PI);
    if (pen.down) context.fill();
    else context.stroke();
  }
}
