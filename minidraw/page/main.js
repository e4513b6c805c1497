// Start the parts of the page that the network has.

import { Digits } from "./digits.js";
import { unpackNetwork } from "./network.js";

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
function fitPage({ model, config, noun, name, lessons }) {
  const has = {
    read: config.read_attention, write: config.write_attention,
    grey: config.channels === 1, colour: config.channels === 3,
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
  document.getElementById("network-name").textContent = name;
  for (const line of document.querySelectorAll("[data-lessons]")) {
    line.append("How it works: ", ...line.dataset.lessons.split(" ").flatMap((number, k) => [
      k ? ", " : "lessons ", linkLesson(number, lessons),
    ]), ".");
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

const network = unpackNetwork(JSON.parse(document.getElementById("network").textContent));
fitPage(network);
const digits = new Digits(document.getElementById("new"), network);
