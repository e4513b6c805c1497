// Play, pause and scrub the steps of a film.

const MAX_STEPS_PER_FRAME = 4; // after a pause of the browser, catch up slowly

export const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Player {
  // `show(t)` draws step t; `tell(t)` says what is seen, whenever the picture comes to rest.
  constructor(root, { steps, speed, show, tell }) {
    root.append(document.getElementById("player-parts").content.cloneNode(true));
    Object.assign(this, { steps, show, tell, t: 0, playing: false });
    this.button = root.querySelector("[data-do=play]");
    this.range = root.querySelector("[name=step]");
    this.speed = root.querySelector("[name=speed]");
    this.rate = root.querySelector(".rate");
    this.output = root.querySelector(".at");
    this.range.max = steps;
    this.speed.value = speed;
    this.nameSpeed();
    this.button.onclick = () => (this.playing ? this.pause() : this.play());
    this.range.oninput = () => {
      this.pause();
      this.go(Number(this.range.value));
      tell(this.t);
    };
    this.speed.oninput = () => this.nameSpeed();
  }

  nameSpeed() {
    this.speed.setAttribute("aria-valuetext", `${this.speed.value} steps per second`);
    this.rate.value = `${this.speed.value}/s`;
  }

  // Begin again: as a film, or with the last picture for those who prefer stillness.
  restart() {
    if (prefersStillness()) {
      this.pause();
      this.go(this.steps);
      this.tell(this.t);
    } else {
      this.go(0);
      this.play();
    }
  }

  go(t) {
    this.t = t;
    this.range.value = t;
    this.range.setAttribute("aria-valuetext", `step ${t} of ${this.steps}`);
    this.output.value = `${t} / ${this.steps}`;
    this.show(t);
  }

  play() {
    if (this.t >= this.steps) this.go(0);
    if (this.playing) return;
    this.playing = true;
    this.button.textContent = "Pause";
    this.due = 0;
    this.last = performance.now();
    requestAnimationFrame((now) => this.frame(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.button.textContent = "Play";
    this.tell(this.t);
  }

  frame(now) {
    if (!this.playing) return;
    this.due += (Math.max(0, now - this.last) / 1000) * Number(this.speed.value);
    this.last = now;
    const steps = Math.min(Math.floor(this.due), MAX_STEPS_PER_FRAME, this.steps - this.t);
    this.due = Math.min(this.due - steps, 1);
    if (steps) this.go(this.t + steps);
    if (this.t >= this.steps) this.pause();
    else requestAnimationFrame((later) => this.frame(later));
  }
}
