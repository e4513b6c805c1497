// Pictures from the reader's disk.

// Values (C, B, A) in [0, 1] of a picture file, shrunk to fit and centred on black.  For networks
// of ink, dark lines on light paper are turned into light lines on black.
export async function readPicture(file, { channels, height, width, ink }) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, width / bitmap.width, height / bitmap.height);
  const [w, h] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = new OffscreenCanvas(w, h).getContext("2d");
  context.fillStyle = "white"; // under what is transparent
  context.fillRect(0, 0, w, h);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, w, h);
  const levels = context.getImageData(0, 0, w, h).data;
  const picture = new Float64Array(channels * h * w);
  for (let i = 0; i < h * w; i++) {
    const [red, green, blue] = levels.subarray(4 * i, 4 * i + 3);
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    for (let c = 0; c < channels; c++) {
      picture[c * h * w + i] = (channels === 3 ? levels[4 * i + c] : grey) / 255;
    }
  }
  const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
  return place(ink && mean > 0.5 ? picture.map((value) => 1 - value) : picture);

  function place(values) {
    const out = new Float64Array(channels * height * width);
    const top = (height - h) >> 1, left = (width - w) >> 1;
    for (let row = 0; row < channels * h; row++) {
      const to = (Math.floor(row / h) * height + top + (row % h)) * width + left;
      out.set(values.subarray(row * w, (row + 1) * w), to);
    }
    return out;
  }
}
