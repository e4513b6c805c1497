// Weights out of the page: float16 in base64, one array after the other.

// Float32Array of float16 numbers, none of them nan or infinite.
export function unpackFloat16(base64) {
  const bytes = unpackBytes(base64), bits = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < bits.length; i++) {
    const half = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13); // sign, exponent and fraction
  }
  return new Float32Array(bits.buffer).map((value) => value * 2 ** 112); // exponents start lower
}

export function unpackBytes(base64) {
  const bytes = atob(base64), out = new Uint8Array(bytes.length);
  for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

// The network as the models use it: `params` holds vectors by name and linear layers by name,
// whose matrices are transposed so that `linear` reads them in order.
export function unpackNetwork(stored) {
  const values = unpackFloat16(stored.weights), params = {};
  let start = 0;
  for (const [name, shape] of stored.shapes) {
    const size = shape.reduce((product, side) => product * side, 1);
    params[name] = values.subarray(start, start + size);
    start += size;
    if (name.endsWith(".W")) params[name] = transpose(params[name], ...shape);
  }
  for (const [name, shape] of stored.shapes) {
    if (!name.endsWith(".W")) continue;
    const layer = name.slice(0, -2);
    const [inputs, outputs] = shape;
    params[layer] = { W: params[name], b: params[`${layer}.b`], inputs, outputs };
  }
  return { ...stored, weights: null, params };
}

function transpose(W, inputs, outputs) {
  const out = new Float32Array(W.length);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) out[j * inputs + i] = W[i * outputs + j];
  }
  return out;
}

// A vector of the network for each of n images: (n, size).
export function repeat(vector, n) {
  const out = new Float64Array(n * vector.length);
  for (let k = 0; k < n; k++) out.set(vector, k * vector.length);
  return out;
}

// Rows `places` of a table with rows of `size` numbers: (n, size).
export function pickRows(table, places, size) {
  const out = new Float64Array(places.length * size);
  places.forEach((place, k) => out.set(table.subarray(place * size, (place + 1) * size), k * size));
  return out;
}

// Rows of several arrays side by side: (n, all their sizes).
export function concatenate(n, ...parts) {
  const sizes = parts.map((part) => part.length / n);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const out = new Float64Array(n * total);
  let offset = 0;
  parts.forEach((part, p) => {
    for (let k = 0; k < n; k++) {
      out.set(part.subarray(k * sizes[p], (k + 1) * sizes[p]), k * total + offset);
    }
    offset += sizes[p];
  });
  return out;
}
