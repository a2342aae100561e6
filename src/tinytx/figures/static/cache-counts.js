// What each step of writing computes, without and with a KV cache: for one head of one block.
// Step 0 reads a prompt of P tokens; each later one reads the token that the step before it wrote.

function stepOf(P, number, cached) {
  const T = P + number;
  const rows = cached && number ? 1 : T; // through q_proj, k_proj and v_proj
  const again = number && !cached ? T - 1 : 0;
  return { tokens: T, rows, scores: rows * T, again, read: T - rows };
}

// Keys, keys computed again, and scores of the steps 0 to `number` together.
function soFar(P, number, cached) {
  const sum = { keys: 0, again: 0, scores: 0 };
  for (let n = 0; n <= number; n += 1) {
    const { rows, again, scores } = stepOf(P, n, cached);
    sum.keys += rows;
    sum.again += again;
    sum.scores += scores;
  }
  return sum;
}

// Numbers in the cache for T tokens: a key and a value for each block, head and token.
function held({ n_layer, n_head, d_head }, T) {
  return 2 * n_layer * n_head * d_head * T;
}

// Which position token i is given. With the mistake, each call starts to count at 0, and a call
// for a new token has one row.
function placeOf(i, P, mistake) {
  return mistake && i >= P ? 0 : i;
}

// Key and value of token j in the row of step `number`, seen from step `at`.
function entryState(P, number, j, at, cached) {
  if (number > at || j >= P + number) return "";
  const fresh = number === 0 || j === P + number - 1;
  if (cached) return fresh ? "made" : "read";
  if (number < at) return "gone";
  return fresh ? "made" : "again";
}

// The score of query i on key j in step `at`.
function scoreState(P, at, i, j, cached) {
  const T = P + at;
  if (i >= T || j >= T || (cached && at && i < T - 1)) return "";
  if (j > i) return "masked";
  return at && i < T - 1 ? "again" : "made";
}
