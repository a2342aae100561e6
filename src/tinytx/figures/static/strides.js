// A tensor as memory and strides: what a view changes, and when a copy is needed.
// {memory, shape, strides}: entry [i, j, …] is memory[i * strides[0] + j * strides[1] + …].

function tensor(memory, shape) {
  return { memory, shape, strides: plainStrides(shape) };
}

// The strides of a tensor whose memory holds the entries in the order of the indices.
function plainStrides(shape) {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

// An axis of size one is never walked along: its stride does not count.
function contiguous({ shape, strides }) {
  const plain = plainStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === plain[axis]);
}

function offset({ strides }, index) {
  return index.reduce((sum, place, axis) => sum + place * strides[axis], 0);
}

// All indices of a shape, the last axis fastest.
function indices(shape) {
  return shape.reduce(
    (found, size) =>
      found.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

function swap({ memory, shape, strides }) {
  const exchange = ([a, b, c, ...rest]) => [a, c, b, ...rest];
  return { memory, shape: exchange(shape), strides: exchange(strides) };
}

// The same entries in order, in memory of their own.
function copied(value) {
  const memory = indices(value.shape).map((index) => value.memory[offset(value, index)]);
  return tensor(memory, value.shape);
}

// A view where memory allows it. Only contiguous tensors are asked for one here; a transposed
// one whose axes could be joined all the same is not among the sizes of the figure.
function reshape(value, shape) {
  return contiguous(value) ? tensor(value.memory, shape) : tensor(copied(value).memory, shape);
}
