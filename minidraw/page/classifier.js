// The classifier's steps, as in minidraw/models/classifier.

import { filterbanks, linear, lstmGates, readImage, softmax, window } from "./layers.js";
import { concatenate, repeat } from "./network.js";

// Windows, glimpses (C, K, K) and class probabilities after each of T glimpses at one image x.
export function scanpath({ config, params }, x) {
  const sizes = { height: config.height, width: config.width, K: config.read_size };
  let h = repeat(params["lstm.h_0"], 1), c = repeat(params["lstm.c_0"], 1);
  const windows = [], glimpses = [], probabilities = [];
  for (let t = 0; t < config.glimpses; t++) {
    const found = window(linear(h, params.window), sizes); // eq 21
    const glimpse = readImage(x, filterbanks(found, sizes), sizes); // eq 27
    [h, c] = lstmGates(linear(concatenate(1, h, glimpse), params.lstm), c, config.hidden);
    windows.push(found);
    glimpses.push(glimpse);
    probabilities.push(softmax(linear(h, params.label)));
  }
  return { windows, glimpses, probabilities };
}
