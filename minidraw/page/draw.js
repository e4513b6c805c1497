// DRAW's steps, as in minidraw/models/draw: `Film` paints new images, or redraws given ones.

import { bernoulliCost, filterbanks, latent, linear, lstmGates, readImage } from "./layers.js";
import { sigmoid, window, write } from "./layers.js";
import { concatenate, pickRows, repeat } from "./network.js";

// Canvases and windows of n images, step by step.  A step is computed when it is first needed.
export class Film {
  // `noise(t)` is (n, Z): z itself, unless there are images x (n, C, B, A) to redraw.
  // A conditional network needs `labels`, the place of each image's class among the classes.
  constructor(network, noise, { x = null, labels = null } = {}) {
    const { config, params } = network;
    const n = noise(0).length / config.latent;
    Object.assign(this, { config, params, noise, x, n, T: config.glimpses });
    this.canvas = [repeat(params["canvas_0"], n)]; // T + 1 arrays (n, C, B, A), logits
    this.writeWindow = [null]; // of the step that led to the canvas; null without attention
    this.readWindow = [null];
    this.error = [x && this.subtract(this.canvas[0])]; // error images, eq 3
    this.nll = [x && bernoulliCost(this.canvas[0], x, n)]; // if painting ended here
    this.kl = [x && new Float64Array(n)]; // of all steps so far
    for (const [name, of] of [["Enc", "encoder"], ["Dec", "decoder"]]) {
      for (const kind of ["h", "c"]) {
        const first = params[`${of}.${kind}_0`];
        this[`${kind}${name}`] =
          config.classes ? pickRows(first, labels, config.hidden) : repeat(first, n);
      }
    }
  }

  // Compute all steps up to t.
  runTo(t) {
    while (this.canvas.length <= Math.min(t, this.T)) this.step();
    return this;
  }

  step() {
    const { params, config, n } = this, t = this.canvas.length - 1;
    const z = this.x ? this.encode(t) : this.noise(t); // eq 13
    const a = linear(concatenate(n, this.hDec, z), params.decoder);
    [this.hDec, this.cDec] = lstmGates(a, this.cDec, config.hidden); // eqs 7, 14
    const stroke = this.paint();
    this.canvas.push(this.canvas[t].map((value, i) => value + stroke[i])); // eqs 8, 15
    if (this.x) {
      this.error.push(this.subtract(this.canvas[t + 1]));
      this.nll.push(bernoulliCost(this.canvas[t + 1], this.x, n)); // eq 9
    }
  }

  // Look at the images and return z.
  encode(t) {
    const { params, config, n } = this;
    const glimpse = this.look(t);
    const a = linear(concatenate(n, this.hEnc, glimpse, this.hDec), params.encoder);
    [this.hEnc, this.cEnc] = lstmGates(a, this.cEnc, config.hidden); // eq 5
    const [z, kl] = latent(linear(this.hEnc, params.latent), this.noise(t), config.latent);
    this.kl.push(kl.map((nats, k) => nats + this.kl[t][k])); // eq 11
    return z;
  }

  // The image and the error image through the read window, or whole (eqs 4, 17).
  look(t) {
    const { params, config, n } = this;
    const both = concatenate(n, this.x, this.error[t]);
    if (!config.read_attention) {
      this.readWindow.push(null);
      return both;
    }
    const sizes = { height: config.height, width: config.width, K: config.read_size };
    const found = window(linear(this.hDec, params.read_window), sizes);
    this.readWindow.push(found);
    return readImage(both, filterbanks(found, sizes), sizes);
  }

  // What this step adds to the canvas (eqs 18, 28, 29).
  paint() {
    const { params, config } = this, patch = linear(this.hDec, params.patch);
    if (!config.write_attention) {
      this.writeWindow.push(null);
      return patch;
    }
    const sizes = { height: config.height, width: config.width, K: config.write_size };
    const found = window(linear(this.hDec, params.write_window), sizes);
    this.writeWindow.push(found);
    return write(patch, filterbanks(found, sizes), sizes);
  }

  // The error image x - sigmoid(canvas).
  subtract(canvas) {
    return canvas.map((value, i) => this.x[i] - sigmoid(value));
  }
}
