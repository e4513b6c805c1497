// The choices of "New digits" in the page's address (#seed=7&show=walk), so that links keep them.

export const DEFAULTS = {
  seed: 1, show: "new", from: 1, to: 2, keep: 16, temperature: 1, canvas: "probabilities", class: "",
};

// Choices in an address; whatever is missing or makes no sense is as in `defaults`.
export function parseAddress(hash, defaults, limits) {
  const given = new URLSearchParams(hash.replace(/^#/, "")), out = { ...defaults };
  for (const [name, allowed] of Object.entries(limits)) {
    const text = given.get(name);
    if (text === null) continue;
    if (typeof defaults[name] === "string") {
      if (allowed.includes(text)) out[name] = text;
    } else if (text.trim() !== "" && Number.isFinite(Number(text))) {
      const [least, most, whole] = allowed, value = Math.min(most, Math.max(least, Number(text)));
      out[name] = whole ? Math.round(value) : value;
    }
  }
  return out;
}

export function formatAddress(choices, defaults) {
  const changed = Object.entries(choices).filter(
    ([name, value]) => name === "seed" || value !== defaults[name]
  );
  return `#${new URLSearchParams(changed)}`;
}
