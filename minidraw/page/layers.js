// The layers' forward passes, named as in minidraw/layers, where their equations are explained.
//
// Arrays are flat, row by row: x of n grey images is n * B * A numbers.  Results are Float64Arrays.

const LOG_LIMIT = 12; // log variance, log stride and log gamma stay within +-12

export function sigmoid(a) {
  return 0.5 + 0.5 * Math.tanh(0.5 * a);
}

export function softmax(logits) {
  const largest = Math.max(...logits);
  const weights = logits.map((a) => Math.exp(a - largest));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

// x W + b for n rows; W is stored transposed, (outputs, inputs).  Four outputs at a time: their
// rows of W stay in the cache for all n images, and their four sums don't wait for each other.
export function linear(x, { W, b, inputs, outputs }) {
  const n = x.length / inputs;
  const out = new Float64Array(n * outputs);
  const whole = outputs - (outputs % 4);
  for (let j = 0; j < whole; j += 4) {
    const w0 = j * inputs, w1 = w0 + inputs, w2 = w1 + inputs, w3 = w2 + inputs;
    for (let k = 0; k < n; k++) {
      let s0 = b[j], s1 = b[j + 1], s2 = b[j + 2], s3 = b[j + 3];
      for (let i = 0, at = k * inputs; i < inputs; i++) {
        const value = x[at + i];
        s0 += value * W[w0 + i];
        s1 += value * W[w1 + i];
        s2 += value * W[w2 + i];
        s3 += value * W[w3 + i];
      }
      const to = k * outputs + j;
      out[to] = s0;
      out[to + 1] = s1;
      out[to + 2] = s2;
      out[to + 3] = s3;
    }
  }
  for (let j = whole; j < outputs; j++) {
    for (let k = 0; k < n; k++) {
      let sum = b[j];
      for (let i = 0; i < inputs; i++) sum += x[k * inputs + i] * W[j * inputs + i];
      out[k * outputs + j] = sum;
    }
  }
  return out;
}

// The elementwise part of an LSTM step: [h, c] of a (n, 4 H), gates in the order i, f, o, g.
export function lstmGates(a, cPrev, H) {
  const h = new Float64Array(cPrev.length), c = new Float64Array(cPrev.length);
  for (let k = 0; k < cPrev.length; k++) {
    const at = Math.floor(k / H) * 4 * H + (k % H);
    const i = sigmoid(a[at]), f = sigmoid(a[at + H]), o = sigmoid(a[at + 2 * H]);
    c[k] = f * cPrev[k] + i * Math.tanh(a[at + 3 * H]);
    h[k] = o * Math.tanh(c[k]);
  }
  return [h, c];
}

// [z, kl] of mu and log sigma side by side: posterior (n, 2 Z), noise (n, Z), kl (n).
export function latent(posterior, noise, Z) {
  const n = noise.length / Z;
  const z = new Float64Array(n * Z), kl = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < Z; i++) {
      const mu = posterior[2 * k * Z + i], logSigma = posterior[(2 * k + 1) * Z + i];
      const sigma = Math.exp(logSigma); // eq 2
      z[k * Z + i] = mu + sigma * noise[k * Z + i]; // eq 6
      kl[k] += 0.5 * (mu ** 2 + sigma ** 2 - 2 * logSigma - 1); // eq 11
    }
  }
  return [z, kl];
}

// Image cost of n canvases (logits), in nats.
export function bernoulliCost(logits, x, n) {
  const nll = new Float64Array(n), pixels = x.length / n;
  for (let i = 0; i < x.length; i++) {
    const softplus = Math.max(logits[i], 0) + Math.log1p(Math.exp(-Math.abs(logits[i])));
    nll[Math.floor(i / pixels)] += softplus - x[i] * logits[i]; // eq 9
  }
  return nll;
}

// Five unconstrained numbers per image become a window, in pixels counted from 0.
export function window(theta, { height, width, K }) {
  const n = theta.length / 5;
  const names = ["centerX", "centerY", "stride", "variance", "gamma"];
  const out = Object.fromEntries(names.map((name) => [name, new Float64Array(n)]));
  const bounded = (value) => Math.exp(Math.min(LOG_LIMIT, Math.max(-LOG_LIMIT, value)));
  for (let k = 0; k < n; k++) {
    const [x, y, logVariance, logStride, logGamma] = theta.subarray(5 * k, 5 * k + 5);
    out.centerX[k] = ((width + 1) / 2) * (x + 1) - 1; // eq 22
    out.centerY[k] = ((height + 1) / 2) * (y + 1) - 1; // eq 23
    out.stride[k] = ((Math.max(height, width) - 1) / (K - 1)) * bounded(logStride); // eq 24
    out.variance[k] = bounded(logVariance); // eq 21
    out.gamma[k] = bounded(logGamma); // eq 21
  }
  return out;
}

// K Gaussian filters along an axis of A pixels: F (n, K, A), whose rows sum to 1.
export function filterbank(center, stride, variance, { K, A }) {
  const F = new Float64Array(center.length * K * A);
  for (let row = 0; row < center.length * K; row++) {
    const k = Math.floor(row / K);
    const mu = center[k] + ((row % K) - (K - 1) / 2) * stride[k]; // eq 19 or 20
    const nearest = Math.min(A - 1, Math.max(0, Math.round(mu)));
    const largest = -((nearest - mu) ** 2) / (2 * variance[k]); // even far outside one pixel is 1
    let total = 0;
    for (let a = 0; a < A; a++) {
      const value = Math.exp(-((a - mu) ** 2) / (2 * variance[k]) - largest); // eq 25 or 26
      F[row * A + a] = value;
      total += value;
    }
    for (let a = 0; a < A; a++) F[row * A + a] /= total;
  }
  return F;
}

// Both filterbanks of a window.
export function filterbanks(found, { height, width, K }) {
  const { centerX, centerY, stride, variance } = found;
  const Fy = filterbank(centerY, stride, variance, { K, A: height });
  const Fx = filterbank(centerX, stride, variance, { K, A: width });
  return { Fy, Fx, gamma: found.gamma };
}

// gamma Fy x Fx' for every channel: glimpse (n, channels, K, K), eq 27.
export function readImage(x, { Fy, Fx, gamma }, { height, width, K }) {
  const n = gamma.length, channels = x.length / (n * height * width);
  const glimpse = new Float64Array(n * channels * K * K), row = new Float64Array(width);
  for (let plane = 0; plane < n * channels; plane++) {
    const k = Math.floor(plane / channels);
    for (let i = 0; i < K; i++) {
      row.fill(0); // of Fy x
      for (let b = 0; b < height; b++) {
        const weight = Fy[(k * K + i) * height + b], at = (plane * height + b) * width;
        for (let a = 0; a < width; a++) row[a] += weight * x[at + a];
      }
      for (let j = 0; j < K; j++) {
        let sum = 0;
        for (let a = 0; a < width; a++) sum += row[a] * Fx[(k * K + j) * width + a];
        glimpse[(plane * K + i) * K + j] = gamma[k] * sum;
      }
    }
  }
  return glimpse;
}

// Fy' patch Fx / gamma for every channel: what is added to the canvas, in logits, eq 29.
export function write(patch, { Fy, Fx, gamma }, { height, width, K }) {
  const n = gamma.length, channels = patch.length / (n * K * K);
  const out = new Float64Array(n * channels * height * width), row = new Float64Array(width);
  for (let plane = 0; plane < n * channels; plane++) {
    const k = Math.floor(plane / channels);
    for (let i = 0; i < K; i++) {
      row.fill(0); // of patch Fx
      for (let j = 0; j < K; j++) {
        const value = patch[(plane * K + i) * K + j];
        for (let a = 0; a < width; a++) row[a] += value * Fx[(k * K + j) * width + a];
      }
      for (let b = 0; b < height; b++) {
        const weight = Fy[(k * K + i) * height + b] / gamma[k], at = (plane * height + b) * width;
        for (let a = 0; a < width; a++) out[at + a] += weight * row[a];
      }
    }
  }
  return out;
}
