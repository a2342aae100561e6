// Cross-entropy: how surprised the model is by what really came next, in nats.

const IGNORE_INDEX = -100; // PyTorch's value for "do not count this position"

// The mean of -log softmax(logits)[target] over the positions that count: logits (..., V), targets
// (...). The logarithm is taken of the sum, never of a probability too small for a float.
function cross_entropy_forward(logits, targets, saved, ignore_index = IGNORE_INDEX) {
  check_shape("targets", targets, logits.shape.slice(0, -1));
  const V = last(logits);
  const probs = zeros(logits.shape, logits);
  let [loss, count] = [0, 0];
  targets.data.forEach((target, row) => {
    if (target === ignore_index) return;
    if (!(Number.isInteger(target) && target >= 0 && target < V))
      throw new Error(`targets holds ${target} and must be integers from 0 to ${V - 1}`);
    const start = row * V;
    let largest = -Infinity;
    let total = 0;
    for (let i = start; i < start + V; i++) largest = Math.max(largest, logits.data[i]);
    for (let i = start; i < start + V; i++)
      total += probs.data[i] = Math.exp(logits.data[i] - largest);
    for (let i = start; i < start + V; i++) probs.data[i] /= total;
    loss += Math.log(total) - (logits.data[start + target] - largest);
    count++;
  });
  if (!count) throw new Error(`targets is ${ignore_index} everywhere: there is no mean of nothing`);
  if (saved) Object.assign(saved, { probs, targets, count, ignore_index });
  return loss / count;
}

// Pass dloss 1. Returns dlogits (..., V): what the model said less what was right, over the count.
function cross_entropy_backward(dloss, { probs, targets, count, ignore_index }) {
  const V = last(probs);
  const scale = dloss / count;
  // losses = log(sum(exp(x))) - x[target], and the derivative of the first is softmax
  const dlogits = map(probs, (prob) => prob * scale);
  targets.data.forEach((target, row) => {
    // a row that does not count has no probabilities either
    if (target !== ignore_index) dlogits.data[row * V + target] -= scale;
  });
  return dlogits;
}
