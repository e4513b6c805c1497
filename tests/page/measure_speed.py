"""Measure the page of ``mnist.npz`` in headless Chromium: ``python tests/page/measure_speed.py``.

It prints the time to the first picture, and the frames while nine digits are painted at 30 and at
60 steps per second.  Each is the median of several openings; the worst is printed too.
"""

import os
import shutil
import statistics
import tempfile
from pathlib import Path

from conftest import CHROMIUM
from playwright.sync_api import sync_playwright

from minidraw import Draw
from minidraw.datasets import bundled_path
from minidraw.page import build_page

OPENINGS = 9
# Runs before the page's own script: note each frame's time and how long its callbacks computed.
WATCH = """
window.frames_ = new Map();
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (work) => ask((now) => {
  const began = performance.now();
  work(now);
  const before = window.frames_.get(now) ?? 0;  // several parts of the page may move
  window.frames_.set(now, before + performance.now() - began);
});
const seen = new MutationObserver(() => {
  if (!document.querySelector("#new .at")?.value) return;
  seen.disconnect();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { window.first_ = performance.now(); };
  ask(() => port2.postMessage(0));  // it arrives when the frame with the picture is drawn
});
seen.observe(document, { childList: true, subtree: true, characterData: true });
"""
PLAY = """(speed) => {
  const field = document.querySelector("#new [name=speed]");
  field.value = speed;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector("#new [data-do=reseed]").click();  // new digits, played from step 0
  window.frames_.clear();
}"""
AT_REST = "document.querySelector('#new [data-do=play]').textContent === 'Play'"


def open_and_play(browser, address):
    """Return the ms to the first picture, and by speed the gaps between frames and their work."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_timeout(1000)
    found = {}
    for speed in (30, 60):
        page.evaluate(PLAY, speed)
        while not page.evaluate(AT_REST):
            page.wait_for_timeout(100)
        frames = page.evaluate("[...window.frames_]")
        gaps = [b - a for (a, _), (b, _) in zip(frames, frames[1:], strict=False)]
        found[speed] = gaps, [work for _, work in frames]
    first = page.evaluate("window.first_")
    context.close()
    return first, found


def main():
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "page.html")
        path.write_text(build_page(Draw.load(bundled_path("mnist.npz")), "mnist.npz"), "utf-8")
        browser = playwright.chromium.launch(executable_path=program)
        results = [open_and_play(browser, path.as_uri()) for _ in range(OPENINGS)]
        print("Chromium", browser.version, "| load", *(f"{x:.1f}" for x in os.getloadavg()))
        browser.close()
    firsts = [first for first, _ in results]
    spread = f"{min(firsts):.0f} to {max(firsts):.0f}"
    print(f"first picture: {statistics.median(firsts):.0f} ms ({spread})")
    for speed in (30, 60):
        gaps = [gap for _, found in results for gap in found[speed][0]]
        work = [ms for _, found in results for ms in found[speed][1]]
        rates = [1000 * len(f[speed][0]) / sum(f[speed][0]) for _, f in results]
        late = sum(gap > 1000 / 30 + 1 for gap in gaps)
        print(
            f"{speed} steps/s: {statistics.median(rates):.1f} frames/s, lowest {min(rates):.1f};"
            f" {late} of {len(gaps)} frames later than 1/30 s; a frame computes"
            f" {statistics.median(work):.1f} ms, at most {max(work):.1f} ms"
        )


if __name__ == "__main__":
    main()
