// The step of learning of `src/agent/drill.rs` (GRU, softmax over 512 shared negatives, temporal differences with a target
// network, Adam) in TensorFlow.js with its wasm backend, of fixed versions, from npm.
//
// It does less than ours where the library would be slow or awkward: no clipping, no ten even negatives of the Q head, and
// the bootstrap takes the action that was taken. Its wasm backend has no gradient of `gather`: what is quickest of what it has
// (`scatterND`) stands in. Adam is the library's, over all rows of the tables; ours steps the touched rows only.

importScripts("tf.min.js", "tf-backend-wasm.min.js");

const [WIDTH, ITEMS, SEQUENCES, TIME, NEGATIVES] = [64, 10_000, 128, 11, 512];

self.onmessage = async ({ data: { steps, rounds } }) => {
  try {
    tf.wasm.setWasmPaths(new URL("./", self.location.href).href);
    await tf.setBackend("wasm");
    await tf.ready();
    const step = learner();
    for (let number = 0; number < 3; number += 1) step();
    let seconds = Infinity;
    let loss = 0;
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      for (let number = 0; number < steps; number += 1) loss = step();
      seconds = Math.min(seconds, (performance.now() - start) / 1000);
    }
    self.postMessage({ seconds, loss });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};

/** A function that takes one step and gives its loss. */
function learner() {
  const variable = (shape, bound) => tf.variable(tf.randomUniform(shape, -bound, bound));
  const linear = (inputs, outputs) => [variable([inputs, outputs], inputs ** -0.5), variable([outputs], 0)];
  const make = () => ({
    item: variable([ITEMS, WIDTH], 0.2),
    itemBias: variable([ITEMS, 1], 0),
    valueBias: variable([ITEMS, 1], 0),
    input: linear(WIDTH, 3 * WIDTH),
    recurrent: linear(WIDTH, 3 * WIDTH),
    out: linear(WIDTH, WIDTH),
    value: linear(WIDTH, WIDTH),
  });
  const own = make();
  const target = make();
  const optimizer = tf.train.adam(0.003);
  const variables = Object.values(own).flat();
  return () => {
    const history = items(TIME * SEQUENCES);
    const next = items(2 * SEQUENCES);
    const negatives = items(NEGATIVES);
    const loss = tf.tidy(() => optimizer.minimize(() => losses(own, target, history, next, negatives), true, variables));
    const value = loss.dataSync()[0];
    tf.dispose([loss, history, next, negatives]);
    return value;
  };
}

/** Products of two draws: few items are frequent, as in shops. */
function items(count) {
  const item = () => Math.floor(ITEMS * Math.random() * Math.random());
  return tf.tensor1d(Int32Array.from({ length: count }, item), "int32");
}

/** Rows of a table, with a gradient. */
function rows(table, numbers) {
  const gather = tf.customGrad((from) => ({
    value: tf.gather(from, numbers),
    gradFunc: (d) => tf.scatterND(tf.expandDims(numbers, 1), d, from.shape),
  }));
  return gather(table);
}

const apply = ([weight, bias], x) => tf.add(tf.matMul(x, weight), bias);

/** The states after ten items and after eleven, and the rows that went in there. */
function states(weights, history) {
  const x = rows(weights.item, history);
  const inputs = tf.split(apply(weights.input, x), TIME);
  let state = tf.zeros([SEQUENCES, WIDTH]);
  const last = [];
  for (const [t, input] of inputs.entries()) {
    const [inputGates, inputNew] = tf.split(input, [2 * WIDTH, WIDTH], 1);
    const [gates, fresh] = tf.split(apply(weights.recurrent, state), [2 * WIDTH, WIDTH], 1);
    const [reset, keep] = tf.split(tf.sigmoid(tf.add(inputGates, gates)), 2, 1);
    const candidate = tf.tanh(tf.add(inputNew, tf.mul(reset, fresh)));
    state = tf.add(candidate, tf.mul(keep, tf.sub(state, candidate)));
    if (t >= TIME - 2) last.push(state);
  }
  const past = tf.slice(x, [(TIME - 2) * SEQUENCES, 0]);
  return tf.add(apply(weights.out, tf.concat(last)), past);
}

const inner = (a, b) => tf.sum(tf.mul(a, b), 1, true);

function losses(own, target, history, next, negatives) {
  const after = states(own, history);
  const chosen = rows(own.item, next);
  const right = tf.add(inner(after, chosen), rows(own.itemBias, next));
  const others = tf.matMul(after, rows(own.item, negatives), false, true);
  const shift = tf.reshape(rows(own.itemBias, negatives), [1, NEGATIVES]);
  const scores = tf.concat([right, tf.add(others, shift)], 1);
  const entropy = tf.mean(tf.sub(tf.logSumExp(scores, 1, true), right));
  const value = tf.add(inner(apply(own.value, after), chosen), rows(own.valueBias, next));
  const theirs = tf.gather(target.item, next);
  const ahead = tf.add(inner(apply(target.value, states(target, history)), theirs), tf.gather(target.valueBias, next));
  // The session ends with the second of two targets.
  const future = tf.concat([tf.slice(ahead, [SEQUENCES, 0]), tf.zeros([SEQUENCES, 1])]);
  const difference = tf.sub(value, tf.add(0.2, tf.mul(0.5, future)));
  return tf.add(entropy, tf.mean(tf.square(difference)));
}
