// Normal random numbers that depend on keys alone: the same seed gives the same picture.

// `count` draws from N(0, 1) for a sequence of whole numbers, such as seed and picture.
export function normals(count, ...keys) {
  const uniform = generator(keys), out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
    out[i] = radius * Math.cos(angle); // Box and Muller
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

// `count` numbers in [0, 1).
export function uniforms(count, ...keys) {
  return Float64Array.from({ length: count }, generator(keys));
}

// A function that returns the next number in [0, 1): the generator sfc32, by Chris Doty-Humphrey.
function generator(keys) {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (const key of keys) {
    a ^= key;
    for (let i = 0; i < 16; i++) next(); // similar keys must not give similar numbers
  }
  return next;
}

// Between two draws from N(0, 1), at `part` of the way; what lies between is normal too.
export function between(first, second, part) {
  const angle = (part * Math.PI) / 2;
  return first.map((value, i) => Math.cos(angle) * value + Math.sin(angle) * second[i]);
}
