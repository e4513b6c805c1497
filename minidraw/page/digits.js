// "New digits": nine pictures being painted, variations of one, or a walk between two.

import { DEFAULTS, formatAddress, parseAddress } from "./address.js";
import { describeInk, describeWindow } from "./describe.js";
import { Film } from "./draw.js";
import { sigmoid } from "./layers.js";
import { concatenate } from "./network.js";
import { between, normals, uniforms } from "./noise.js";
import { Player } from "./player.js";
import { saveGif, savePng } from "./saving.js";
import { Sheet, isInk, onThemeChange, readTheme, toPixels } from "./screen.js";

const COUNT = 9, COLUMNS = 3, SIDE = 1000; // pictures; screen pixels
const IN_TURN = ""; // instead of a class: picture k shows class k, and so round again
const VARIATION = 1, INK = 2; // streams of random numbers beside those of z
const SPEED = 16; // steps per second, for T = 64; shorter paintings play more slowly

// z of the nine pictures at step t: (9, Z).  `choices` are those of the address.
export function makeNoise(choices, t, Z) {
  const { seed, show, from, to, keep, temperature } = choices;
  const draw = (...keys) => normals(Z, seed, t, ...keys);
  const pictures = Array.from({ length: COUNT }, (_, k) => {
    if (show === "new") return draw(k);
    if (show === "walk") return between(draw(from - 1), draw(to - 1), k / (COUNT - 1));
    return k === 0 || t < keep ? draw(from - 1) : draw(k, VARIATION); // the first stays as it is
  });
  return concatenate(1, ...pictures).map((value) => temperature * value);
}

// The class of each of the nine pictures, as its place among `classes`.
export function chooseLabels({ class: label, show, from }, classes) {
  const pictures = Array.from({ length: COUNT }, (_, k) => (show === "new" ? k : from - 1));
  if (label !== IN_TURN) return pictures.fill(classes.indexOf(label));
  return pictures.map((k) => k % classes.length);
}

export class Digits {
  constructor(root, network) {
    const { config } = network, { glimpses: T, height, width } = config;
    Object.assign(this, { root, network, config, form: root.querySelector("form") });
    this.canvas = root.querySelector("canvas");
    this.ink = isInk(network);
    this.live = root.querySelector(".live");
    this.limits = {
      seed: [0, 2 ** 32 - 1, true], show: ["new", "variations", "walk"],
      from: [1, COUNT, true], to: [1, COUNT, true], keep: [0, T, true],
      temperature: [0, 2, false], canvas: ["probabilities", "ink"],
      class: [IN_TURN, ...network.classes],
    };
    this.defaults = { ...DEFAULTS, keep: Math.round(T / 4) };
    this.sheet = new Sheet(this.canvas, { height, width, count: COUNT, columns: COLUMNS, side: SIDE });
    this.player = new Player(root.querySelector(".player"), {
      steps: T, speed: Math.max(4, Math.round((SPEED * T) / 64)),
      show: (t) => this.draw(t), tell: (t) => this.tell(t),
    });
    this.prepareForm(T);
    onThemeChange(() => this.draw(this.player.t));
    this.readAddress();
    addEventListener("hashchange", () => {
      if (location.hash !== this.written) this.readAddress();
    });
  }

  prepareForm(T) {
    const { form } = this, fields = form.elements;
    for (const label of this.network.classes) fields.class.add(new Option(label));
    for (const select of [fields.from, fields.to]) {
      for (let k = 1; k <= COUNT; k++) select.add(new Option(k, k));
    }
    fields.keep.max = T;
    form.onsubmit = (event) => event.preventDefault();
    form.oninput = (event) => this.change(event.target.name);
    this.canvas.onclick = (event) => this.pick(event);
    this.button("reseed").onclick = () => {
      fields.seed.value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
      this.change("seed");
    };
    this.button("png").onclick = () => savePng(this.canvas, "painted.png");
    this.button("gif").onclick = () => this.saveGif();
  }

  button(action) {
    return this.form.querySelector(`[data-do=${action}]`);
  }

  readAddress() {
    this.choices = parseAddress(location.hash, this.defaults, this.limits);
    for (const [name, value] of Object.entries(this.choices)) {
      if (this.form.elements[name]) this.form.elements[name].value = value; // colours have no ink
    }
    this.label();
    this.repaint();
  }

  // React to the field called `name`.
  change(name) {
    if (name === "frames") return this.draw(this.player.t);
    const given = new URLSearchParams(new FormData(this.form)).toString();
    this.choices = parseAddress(given, this.choices, this.limits);
    if (name === "show" && this.choices.from === this.choices.to) {
      this.choices.to = (this.choices.from % COUNT) + 1;
      this.form.elements.to.value = this.choices.to;
    }
    this.label();
    this.written = formatAddress(this.choices, this.defaults);
    location.replace(this.written);
    if (name === "canvas") return this.draw(this.player.t);
    this.repaint();
  }

  label() {
    const { keep, temperature, show } = this.choices;
    this.form.elements.keep.previousElementSibling.querySelector(".value").textContent = keep;
    this.form.elements.temperature.previousElementSibling.querySelector(".value").textContent =
      temperature.toFixed(2);
    for (const field of this.form.querySelectorAll("[data-show]")) {
      field.hidden = !field.dataset.show.split(" ").includes(show);
    }
  }

  repaint() {
    const { choices, network } = this, labels = chooseLabels(choices, network.classes);
    const noise = (t) => makeNoise(choices, t, this.config.latent);
    this.film = new Film(network, noise, { labels });
    this.player.restart();
  }

  // Values in [0, 1] of all pictures after step t.
  values(t) {
    const chances = this.film.runTo(t).canvas[t].map(sigmoid);
    if (this.choices.canvas !== "ink" || this.config.channels === 3) return chances;
    const limits = uniforms(chances.length, this.choices.seed, INK); // the same at every step
    return chances.map((chance, i) => Number(limits[i] < chance));
  }

  draw(t) {
    const { config, sheet, film, form } = this, theme = readTheme();
    const values = this.values(t), pixels = values.length / COUNT;
    const framed = form.elements.frames?.checked && t > 0 && t < config.glimpses;
    sheet.clear(theme);
    for (let k = 0; k < COUNT; k++) {
      const picture = values.subarray(k * pixels, (k + 1) * pixels);
      sheet.show(k, toPixels(picture, config.channels, this.ink, theme));
      if (framed) sheet.frame(k, film.writeWindow[t], k, config.write_size, theme.accent);
    }
  }

  tell(t) {
    const { film, config } = this, picture = this.firstPicture(t), window = film.writeWindow[t];
    const seen = window ? `${describeWindow(window, 0, config.write_size, config)}; ` : "";
    this.live.textContent =
      `Step ${t} of ${config.glimpses}. Picture 1: ${seen}${describeInk(picture)}.`;
  }

  // Values of the first picture after step t.
  firstPicture(t) {
    const chances = this.film.runTo(t).canvas[t];
    return chances.subarray(0, chances.length / COUNT).map(sigmoid);
  }

  // A click on a picture shows its variations.
  pick(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * COLUMNS);
    const row = Math.floor(((event.clientY - box.top) / box.height) * (COUNT / COLUMNS));
    if (this.choices.show !== "new") return;
    this.form.elements.from.value = row * COLUMNS + column + 1;
    this.form.elements.show.value = "variations";
    this.change("show");
  }

  async saveGif() {
    const { player } = this;
    player.pause();
    const t = player.t, button = this.button("gif");
    button.disabled = true;
    await saveGif(this.canvas, "painted.gif", {
      steps: player.steps, speed: Number(player.speed.value), show: (step) => this.draw(step),
      tell: (words) => (this.live.textContent = words),
    });
    button.disabled = false;
    this.draw(t);
  }
}
