// Weights out of the page: float16 in base64, each array when it is first used.

// Float32Array of float16 numbers, none of them nan or infinite.
export function unpackFloat16(base64) {
  const bytes = unpackBytes(base64), bits = new Uint32Array(bytes.length / 2);
  for (let i = 0; i < bits.length; i++) {
    const half = bytes[2 * i] | (bytes[2 * i + 1] << 8);
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13); // sign, exponent and fraction
  }
  const values = new Float32Array(bits.buffer);
  for (let i = 0; i < values.length; i++) values[i] *= 2 ** 112; // float16's exponents start lower
  return values;
}

export function unpackBytes(base64) {
  const bytes = atob(base64), out = new Uint8Array(bytes.length);
  for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

// The network as the models use it: `params` holds vectors by name and linear layers by name,
// whose matrices are transposed so that `linear` reads them in order.  Painting needs less than
// half of the weights, so that the first picture needn't wait for all of them.
export function unpackNetwork({ weights, ...stored }) {
  const params = {};
  for (const { name, shape, packed } of weights) {
    if (!name.endsWith(".W")) {
      computeOnce(params, name, () => unpackFloat16(packed));
      continue;
    }
    const layer = name.slice(0, -2), [inputs, outputs] = shape;
    computeOnce(params, layer, () => {
      const W = transpose(unpackFloat16(packed), inputs, outputs);
      return { W, b: params[`${layer}.b`], inputs, outputs };
    });
  }
  return { ...stored, params };
}

// Give `holder` a property that is computed when it is first read.
function computeOnce(holder, name, compute) {
  Object.defineProperty(holder, name, {
    configurable: true,
    get() {
      Object.defineProperty(holder, name, { value: compute() });
      return holder[name];
    },
  });
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
