// Start the parts of the page that the network has.

import { Digits } from "./digits.js";
import { unpackNetwork } from "./network.js";
import { Playground } from "./playground.js";
import { Scene } from "./scene.js";
import { Yours } from "./yours.js";

const LESSONS = {
  "03": ["03_a_price_in_nats", "A price in nats"],
  "04": ["04_look_through_a_filterbank", "Look through a filterbank"],
  "06": ["06_read", "Read"],
  "07": ["07_write", "Write"],
  10: ["10_sample_and_pay_for_it", "Sample and pay for it"],
  11: ["11_one_step_of_draw", "One step of DRAW"],
  12: ["12_t_steps_there_and_back", "T steps, there and back"],
  13: ["13_train_it", "Train it"],
  17: ["17_read_a_cluttered_scene", "Read a cluttered scene"],
};

// Take away what this network doesn't have, and fill in names; text stays text.
function fitPage({ model, config, noun, name, lessons, examples }) {
  const has = {
    read: config.read_attention, write: config.write_attention,
    grey: config.channels === 1, colour: config.channels === 3, classes: config.classes > 0,
  };
  const places = [document, ...[...document.querySelectorAll("template")].map((t) => t.content)];
  for (const place of places) {
    for (const part of place.querySelectorAll("[data-model]")) {
      if (part.dataset.model !== model) part.remove();
    }
    for (const part of place.querySelectorAll("[data-with]")) {
      if (!has[part.dataset.with]) part.remove();
    }
    for (const part of place.querySelectorAll("[data-noun]")) part.textContent = noun;
  }
  document.title = document.querySelector("h1").textContent;
  document.getElementById("network-name").textContent = name;
  document.getElementById("credit").hidden = !examples.length;
  for (const line of document.querySelectorAll("[data-lessons]")) {
    const numbers = line.dataset.lessons.split(" ");
    line.append(numbers.length > 1 ? "How it works: lessons " : "How it works: lesson ");
    numbers.forEach((number, k) => line.append(k ? ", " : "", linkLesson(number, lessons)));
    line.append(".");
  }
}

function linkLesson(number, base) {
  const [file, title] = LESSONS[number], words = `${number} ${title}`;
  if (!base) return words;
  const link = document.createElement("a");
  link.href = `${base.replace(/\/?$/, "/")}${file}.html`;
  link.textContent = words;
  return link;
}

function start() {
  const network = unpackNetwork(JSON.parse(document.getElementById("network").textContent));
  const part = (id) => document.getElementById(id);
  fitPage(network);
  let playground = null;
  const changed = () => playground?.draw();
  if (network.model === "draw") {
    const digits = new Digits(part("new"), network);
    // The other parts are prepared in the second frame: then the first, with pictures, is shown.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const yours = new Yours(part("yours"), network, changed);
      playground = new Playground(part("play"), network, {
        own: () => yours.pad.values, painted: () => digits.firstPicture(network.config.glimpses),
      });
    }));
  } else {
    const scene = new Scene(part("scene"), network, changed);
    playground = new Playground(part("play"), network, { own: () => scene.pad.values });
  }
}

start();
