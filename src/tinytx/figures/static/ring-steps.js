// All-reduce as a ring, as tinytx.scale.ring has it; a browser test holds the two together.

// Cut a vector into n parts as np.array_split does: the first ones are longer by one.
function cutInto(values, n) {
  const [size, longer] = [Math.floor(values.length / n), values.length % n];
  let start = 0;
  return Array.from({ length: n }, (_, i) => {
    const end = start + size + (i < longer ? 1 : 0);
    const part = values.slice(start, end);
    start = end;
    return part;
  });
}

// All states: {held: [rank][chunk] numbers, in: [rank][chunk] how many ranks' numbers are in it,
// sent: numbers that each rank has sent so far, phase, messages: [{source, target, chunk}]}.
function ringStates(buffers) {
  const n = buffers.length;
  let held = buffers.map((values) => cutInto(values, n));
  let within = held.map((parts) => parts.map(() => 1));
  let sent = buffers.map(() => 0);
  const states = [{ held, within, sent, phase: "", messages: [] }];
  for (let step = 0; step < 2 * (n - 1); step += 1) {
    const gather = step >= n - 1;
    const messages = held.map((_, source) => ({
      source, target: (source + 1) % n,
      chunk: (((source + (gather ? 1 : 0) - (step % (n - 1))) % n) + n) % n,
    }));
    const [before, counts] = [held, within];
    held = held.map((parts) => [...parts]);
    within = within.map((line) => [...line]);
    sent = sent.map((many, rank) => many + before[rank][messages[rank].chunk].length);
    for (const { source, target, chunk } of messages) {
      const comes = before[source][chunk];
      held[target][chunk] = gather ? comes
        : before[target][chunk].map((value, i) => value + comes[i]);
      within[target][chunk] = counts[source][chunk] + (gather ? 0 : counts[target][chunk]);
    }
    const phase = gather ? "all-gather" : "reduce-scatter";
    states.push({ held, within, sent, phase, messages });
  }
  return states;
}

// Vectors that are sent: by each rank of a ring, and by the one that collects and hands back.
function ringShare(n) {
  return (2 * (n - 1)) / n;
}

function collectorShare(n) {
  return n - 1;
}
