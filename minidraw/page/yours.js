// "Yours": the network redraws a picture twice, with two samples of z.

import { describeWindow } from "./describe.js";
import { Film } from "./draw.js";
import { sigmoid } from "./layers.js";
import { concatenate } from "./network.js";
import { normals } from "./noise.js";
import { Pad } from "./pad.js";
import { Player } from "./player.js";
import { saveGif, savePng } from "./saving.js";
import { Sheet, isInk, onThemeChange, readTheme } from "./screen.js";
import { toCss, toPixels, toSignedPixels } from "./screen.js";

const SAMPLES = 2, SIDE = 900; // screen pixels
const SAMPLE = 3, EXAMPLE = 4; // streams of random numbers
const SPEED = 8; // steps per second, for T = 64
const CHART = [600, 260]; // screen pixels

export class Yours {
  // `changed()` is called after every change of the picture.
  constructor(root, network, changed) {
    const { config } = network, { height, width, glimpses: T } = config;
    Object.assign(this, { root, network, config, ink: isInk(network), sampling: 0 });
    this.canvas = root.querySelector(".sheet");
    this.sheet = new Sheet(this.canvas, { height, width, count: 4, columns: SAMPLES, side: SIDE });
    this.chart = root.querySelector(".chart");
    [this.chart.width, this.chart.height] = CHART;
    this.live = root.querySelector(".figure > .live");
    this.player = new Player(root.querySelector(".player"), {
      steps: T, speed: Math.max(2, Math.round((SPEED * T) / 64)),
      show: (t) => this.draw(t), tell: (t) => this.tell(t),
    });
    this.class = root.querySelector("[name=class]"); // none without classes
    for (const [place, label] of network.classes.entries()) this.class.add(new Option(label, place));
    if (this.class) this.class.onchange = () => this.redraw();
    this.pad = new Pad(root.querySelector(".pad"), network, {
      makeExample: (k) => this.paintExample(k),
      changed: () => {
        this.redraw();
        changed();
      },
    });
    this.button("resample").onclick = () => {
      this.sampling++;
      this.redraw();
    };
    this.button("png").onclick = () => savePng(this.canvas, "redrawn.png");
    this.button("gif").onclick = () => this.saveGif();
    onThemeChange(() => this.draw(this.player.t));
    this.pad.showExample();
  }

  button(action) {
    return this.root.querySelector(`.controls [data-do=${action}]`);
  }

  redraw() {
    const { pad, sampling, config } = this, labels = this.labels(SAMPLES);
    const draw = (k, t) => normals(config.latent, sampling, t, k, SAMPLE);
    const noise = (t) => concatenate(1, draw(0, t), draw(1, t));
    const both = concatenate(1, pad.values, pad.values);
    this.film = new Film(this.network, noise, { x: both, labels });
    this.player.restart();
  }

  // The chosen class for each of n pictures.
  labels(n) {
    return this.class && new Array(n).fill(Number(this.class.value));
  }

  // A picture that the network invents; of ink, black or white as the pictures it learned from.
  paintExample(k) {
    const { network, config, ink } = this, T = config.glimpses;
    if (this.class) this.class.value = k % network.classes.length;
    const noise = (t) => normals(config.latent, k, t, EXAMPLE);
    const film = new Film(network, noise, { labels: this.labels(1) }).runTo(T);
    return film.canvas[T].map((logit) => (ink ? Number(logit > 0) : sigmoid(logit)));
  }

  draw(t) {
    const { film, sheet, config, ink } = this, theme = readTheme();
    const pixels = film.runTo(t).canvas[t].length / SAMPLES;
    const moving = t > 0 && t < config.glimpses;
    sheet.clear(theme);
    for (let k = 0; k < SAMPLES; k++) {
      const part = (values) => values.subarray(k * pixels, (k + 1) * pixels);
      const drawn = part(film.canvas[t]).map(sigmoid), below = SAMPLES + k;
      sheet.show(k, toPixels(drawn, config.channels, ink, theme));
      sheet.show(below, toSignedPixels(part(film.error[t]), config.channels, 1, theme));
      if (!moving) continue;
      sheet.frame(k, film.writeWindow[t], k, config.write_size, theme.accent);
      sheet.frame(below, film.readWindow[t], k, config.read_size, theme.read, true);
      sheet.frame(k, film.readWindow[t], k, config.read_size, theme.read, true);
    }
    this.fillTable(t);
    this.drawChart(t, theme);
  }

  fillTable(t) {
    const rows = this.root.querySelectorAll(".nats tbody tr");
    rows.forEach((row, k) => {
      const costs = [this.film.nll[t][k], this.film.kl[t][k]];
      [...costs, costs[0] + costs[1]].forEach((nats, at) => {
        row.cells[at + 1].textContent = nats.toFixed(1);
      });
    });
  }

  // Image cost and latent cost of the first sample, from step 0 to t.
  drawChart(t, theme) {
    const { film, chart, config } = this, context = chart.getContext("2d");
    const [width, height] = CHART, margin = 8;
    const most = Math.max(...film.nll.concat(film.kl).map((costs) => costs[0])) || 1;
    const place = (step, nats) => [
      margin + ((width - 2 * margin) * step) / config.glimpses,
      height - margin - ((height - 2 * margin) * nats) / most,
    ];
    context.clearRect(0, 0, width, height);
    context.lineJoin = "round";
    const line = (points, colour, thickness) => {
      context.beginPath();
      points.forEach((point) => context.lineTo(...point));
      context.strokeStyle = toCss(colour);
      context.lineWidth = thickness;
      context.stroke();
    };
    line([place(0, 0), place(config.glimpses, 0)], theme.line, 2);
    const steps = Array.from({ length: t + 1 }, (_, step) => step);
    line(steps.map((step) => place(step, film.nll[step][0])), theme.accent, 4);
    line(steps.map((step) => place(step, film.kl[step][0])), theme.over, 4);
  }

  tell(t) {
    const { film, config } = this, read = film.readWindow[t], write = film.writeWindow[t];
    const words = [`Step ${t} of ${config.glimpses}. Sample 1`];
    if (read) words.push(`reads a ${describeWindow(read, 0, config.read_size, config)}`);
    if (write) words.push(`writes a ${describeWindow(write, 0, config.write_size, config)}`);
    words.push(`costs ${film.nll[t][0].toFixed(0)} nats for the image`);
    this.live.textContent = `${words.join(", ")} and ${film.kl[t][0].toFixed(0)} for z.`
      .replace("Sample 1,", "Sample 1");
  }

  async saveGif() {
    const { player } = this, button = this.button("gif");
    player.pause();
    const t = player.t;
    button.disabled = true;
    await saveGif(this.canvas, "redrawn.gif", {
      steps: player.steps, speed: Number(player.speed.value), show: (step) => this.draw(step),
      tell: (words) => (this.live.textContent = words),
    });
    button.disabled = false;
    this.draw(t);
  }
}
