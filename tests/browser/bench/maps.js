// The kernel of src/agent/kernel.rs as one would write it in plain JavaScript: a Map of rows, each a Map of values.

const ALPHA = 0.1;
const GAMMA = 0.9;
const ACTIONS = 16;

self.onmessage = ({ data: { states, updates, rounds } }) => {
  const table = zeros(states);
  drive(table, states, updates, 1);
  const hash = digest(table, states);
  let seconds = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    drive(table, states, updates, 2 + round);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  self.postMessage({ seconds, digest: hash });
};

function zeros(states) {
  const table = new Map();
  for (let state = 0; state < states; state += 1) {
    const row = new Map();
    for (let action = 0; action < ACTIONS; action += 1) row.set(action, 0);
    table.set(state, row);
  }
  return table;
}

function drive(table, states, updates, seed) {
  const random = xoshiro128(seed);
  let state = 0;
  for (let update = 0; update < updates; update += 1) {
    const next = Math.floor((random() * states) / 4294967296);
    const v = random();
    const reward = (v >>> 8) / 16777216;
    let best = -Infinity;
    for (const value of table.get(next).values()) if (value > best) best = value;
    const row = table.get(state);
    const action = v & (ACTIONS - 1);
    const old = row.get(action);
    row.set(action, old + ALPHA * (reward + GAMMA * best - old));
    state = next;
  }
}

function xoshiro128(seed) {
  let x = seed;
  const [a, b, c, d] = [0, 0, 0, 0].map(() => {
    x = (x + 0x9e3779b9) | 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
  let [s0, s1, s2, s3] = [a, b, c, d];
  const rotated = (value, by) => (value << by) | (value >>> (32 - by));
  return () => {
    const result = (rotated((s0 + s3) | 0, 7) + s0) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotated(s3, 11);
    return result;
  };
}

function digest(table, states) {
  const words = new Uint32Array(2);
  const value = new Float64Array(words.buffer);
  let hash = 0x811c9dc5;
  for (let state = 0; state < states; state += 1) {
    for (let action = 0; action < ACTIONS; action += 1) {
      value[0] = table.get(state).get(action);
      for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
    }
  }
  return hash >>> 0;
}
