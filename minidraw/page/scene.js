// "A scene to read": where a classifier looks, what it sees, and what it believes.

import { scanpath } from "./classifier.js";
import { describeWindow } from "./describe.js";
import { unpackBytes } from "./network.js";
import { Pad } from "./pad.js";
import { Player } from "./player.js";
import { saveGif, savePng } from "./saving.js";
import { Sheet, isInk, onThemeChange, readTheme, toPixels } from "./screen.js";

const SIDE = 1000; // screen pixels
const SPEED = 2; // glimpses per second

export class Scene {
  // `changed()` is called after every change of the scene.
  constructor(root, network, changed) {
    const { config } = network, { glimpses: T, read_size: K } = config;
    Object.assign(this, { root, network, config, ink: isInk(network) });
    this.live = root.querySelector(".figure > .live");
    const canvas = root.querySelector(".glimpses");
    this.sheet = new Sheet(canvas, { height: K, width: K, count: T, columns: T, side: SIDE });
    this.prepareTable();
    this.player = new Player(root.querySelector(".player"), {
      steps: T, speed: SPEED, show: (t) => this.draw(t), tell: (t) => this.tell(t),
    });
    this.pad = new Pad(root.querySelector(".pad"), network, {
      makeExample: (k) => this.makeExample(k),
      overlay: (sheet, theme) => this.frame(sheet, theme),
      changed: () => {
        this.path = scanpath(network, this.pad.values);
        this.player.restart();
        changed();
      },
    });
    const buttons = root.querySelector(".controls");
    buttons.querySelector("[data-do=png]").onclick = () => savePng(this.pad.canvas, "scene.png");
    buttons.querySelector("[data-do=gif]").onclick = () => this.saveGif();
    onThemeChange(() => this.draw(this.player.t));
    this.pad.showExample();
  }

  // Example k of the page; an empty scene if it has none.
  makeExample(k) {
    const { examples } = this.network, { channels, height, width } = this.config;
    if (!examples.length) return new Float64Array(channels * height * width);
    return Float64Array.from(unpackBytes(examples[k % examples.length]), (level) => level / 255);
  }

  prepareTable() {
    const body = this.root.querySelector(".classes tbody");
    for (const name of this.network.classes) {
      const row = body.insertRow(), head = document.createElement("th");
      head.scope = "row";
      head.textContent = name;
      row.append(head);
      const bar = document.createElement("div");
      bar.className = "bar";
      row.insertCell().append(bar);
      row.insertCell();
    }
  }

  frame(sheet, theme) {
    const t = this.player.t;
    if (this.path && t > 0) {
      sheet.frame(0, this.path.windows[t - 1], 0, this.config.read_size, theme.accent);
    }
  }

  draw(t) {
    const { path, sheet, config } = this, theme = readTheme();
    sheet.clear(theme);
    const blank = new Float64Array(path.glimpses[0].length);
    path.glimpses.forEach((glimpse, k) => {
      const largest = glimpse.reduce((a, b) => Math.max(a, b), 1);
      const values = k < t ? glimpse.map((value) => value / largest) : blank;
      sheet.show(k, toPixels(values, config.channels, this.ink, theme));
    });
    this.pad.draw();
    this.fillTable(t);
  }

  fillTable(t) {
    const chances = t ? this.path.probabilities[t - 1] : null, rows = this.rows();
    const most = chances && chances.indexOf(Math.max(...chances));
    rows.forEach((row, k) => {
      const chance = chances ? chances[k] : 0;
      row.className = chances && k === most ? "likeliest" : "";
      row.querySelector(".bar").style.width = `${Math.max(0.5, 100 * chance)}%`;
      row.cells[2].textContent = chances ? `${(100 * chance).toFixed(1)} %` : "";
    });
  }

  rows() {
    return [...this.root.querySelectorAll(".classes tbody tr")];
  }

  tell(t) {
    const { path, config, network } = this;
    if (!t) {
      this.live.textContent = "The network has not looked yet.";
      return;
    }
    const chances = path.probabilities[t - 1], most = chances.indexOf(Math.max(...chances));
    const window = describeWindow(path.windows[t - 1], 0, config.read_size, config);
    this.live.textContent =
      `Glimpse ${t} of ${config.glimpses}: a ${window}.` +
      ` Likeliest: ${network.classes[most]} (${(100 * chances[most]).toFixed(0)} %).`;
  }

  async saveGif() {
    const { player } = this;
    player.pause();
    const t = player.t;
    await saveGif(this.pad.canvas, "scene.gif", {
      steps: player.steps, speed: Number(player.speed.value), show: (step) => player.go(step),
      tell: (words) => (this.live.textContent = words),
    });
    player.go(t);
  }
}
