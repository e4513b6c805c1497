// Save what is seen as a PNG, or a film as a GIF.

import { encodeGif } from "./gif.js";

export function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function savePng(canvas, name) {
  canvas.toBlob((blob) => saveBlob(blob, name), "image/png");
}

// Save all steps of a canvas as a GIF; `show(t)` draws step t, `speed` is in steps per second.
// Answers the browser between two frames; `tell` is told how far it is.
export async function saveGif(canvas, name, { steps, speed, show, tell }) {
  const context = canvas.getContext("2d"), frames = [];
  for (let t = 0; t <= steps; t++) {
    show(t);
    frames.push(context.getImageData(0, 0, canvas.width, canvas.height).data);
    if (t % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  tell("Saving the GIF.");
  await new Promise((resolve) => setTimeout(resolve));
  const bytes = encodeGif(frames, canvas.width, canvas.height, Math.max(2, Math.round(100 / speed)));
  saveBlob(new Blob([bytes], { type: "image/gif" }), name);
  tell(`Saved ${name}.`);
}
