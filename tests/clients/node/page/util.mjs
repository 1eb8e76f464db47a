// As much of `node:util` as the journey uses.

const plain = (_, value) => {
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (value instanceof Uint8Array) {
    return { bytes: [...value] };
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return value;
};

/** A text that two values share only if they are equal; order of keys does not count. */
export const inspect = (value) => JSON.stringify(value, plain) ?? String(value);
