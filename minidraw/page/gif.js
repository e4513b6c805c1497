// A GIF encoder: one table of colours, frames compressed by LZW, repeated for ever.

// Bytes of an animation; `frames` hold red, green, blue, alpha; `delay` is in hundredths of a
// second.  The last frame stays for a second.
export function encodeGif(frames, width, height, delay) {
  const { colours, index } = collectColours(frames);
  const table = new Uint8Array(3 * 256);
  table.set(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const parts = [
    ascii("GIF89a"), words(width, height), [0xf7, 0, 0], table, // 256 colours of 8 bits
    [0x21, 0xff, 11], ascii("NETSCAPE2.0"), [3, 1, 0, 0, 0], // repeat for ever
  ];
  frames.forEach((frame, t) => {
    const wait = t === frames.length - 1 ? 100 : delay;
    parts.push([0x21, 0xf9, 4, 0], words(wait), [0, 0]);
    parts.push([0x2c], words(0, 0, width, height), [0], compress(index(frame)));
  });
  parts.push([0x3b]);
  return join(parts);
}

const ascii = (text) => Array.from(text, (letter) => letter.charCodeAt(0));
const words = (...values) => values.flatMap((value) => [value & 255, value >> 8]);

function join(parts) {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

// At most 256 colours, and a function from a frame to their numbers.  Where there are more, the
// lowest bits of every channel are dropped until there are not.
function collectColours(frames) {
  for (let bits = 8; ; bits--) {
    const mask = (0xff << (8 - bits)) & 0xff, numbers = new Map();
    const key = (frame, i) =>
      ((frame[i] & mask) << 16) | ((frame[i + 1] & mask) << 8) | (frame[i + 2] & mask);
    for (const frame of frames) {
      for (let i = 0; i < frame.length && numbers.size <= 256; i += 4) {
        const colour = key(frame, i);
        if (!numbers.has(colour)) numbers.set(colour, numbers.size);
      }
    }
    if (numbers.size > 256) continue;
    const index = (frame) =>
      Uint8Array.from({ length: frame.length / 4 }, (_, i) => numbers.get(key(frame, 4 * i)));
    return { colours: [...numbers.keys()], index };
  }
}

// LZW with codes of 9 to 12 bits, in blocks of at most 255 bytes.
function compress(pixels) {
  const CLEAR = 256, END = 257, FULL = 4096;
  const out = [8];
  let block = [], held = 0, bits = 0, width = 9, next = 258, codes = new Map();
  const flush = () => {
    out.push(block.length, ...block);
    block = [];
  };
  const emit = (code) => {
    held |= code << bits;
    bits += width;
    for (; bits >= 8; bits -= 8, held >>>= 8) {
      block.push(held & 255);
      if (block.length === 255) flush();
    }
  };
  emit(CLEAR);
  let prefix = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const key = (prefix << 8) | pixels[i], found = codes.get(key);
    if (found !== undefined) {
      prefix = found;
      continue;
    }
    emit(prefix);
    if (next === FULL) {
      emit(CLEAR);
      [codes, width, next] = [new Map(), 9, 258];
    } else {
      if (next === 1 << width) width++;
      codes.set(key, next++);
    }
    prefix = pixels[i];
  }
  emit(prefix);
  emit(END);
  if (bits) block.push(held & 255);
  if (block.length) flush();
  out.push(0);
  return Uint8Array.from(out);
}
