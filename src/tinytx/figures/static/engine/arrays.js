// What the engine needs of NumPy: an array is { shape, data }, its numbers in a typed array, the
// last dimension side by side. Names are those of tinytx.manual, so that the files can be read
// beside each other. No function writes into what it is given, but for add_scaled and add_to.

const KINDS = { float32: Float32Array, float64: Float64Array };

function size_of(shape) {
  return shape.reduce((all, size) => all * size, 1);
}

// All zero, of the same kind of number (Float32Array or Float64Array) as another array.
function zeros(shape, like) {
  return { shape, data: new like.data.constructor(size_of(shape)) };
}

function copy(x) {
  return { shape: [...x.shape], data: x.data.slice() };
}

function last(x) {
  return x.shape.at(-1);
}

// How many vectors of the last dimension there are.
function rows_of(x) {
  return x.data.length / last(x);
}

// A number is made of each number and its place.
function map(x, f) {
  const y = zeros(x.shape, x);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i], i);
  return y;
}

function add(a, b) {
  const y = zeros(a.shape, a);
  for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + b.data[i];
  return y;
}

// y[i:i+n] += factor * x[j:j+n], in place.
function add_scaled(y, i, factor, x, j, n) {
  for (let k = 0; k < n; k++) y[i + k] += factor * x[j + k];
}

// The numbers b are added to the numbers a, in place.
function add_to(a, b) {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
}

// The sum over all dimensions but the last: (..., D) to (D,).
function column_sum(x) {
  const D = last(x);
  const sum = zeros([D], x);
  for (let start = 0; start < x.data.length; start += D)
    add_scaled(sum.data, 0, 1, x.data, start, D);
  return sum;
}

function check_shape(name, value, shape) {
  if (String(value?.shape) !== String(shape) || value.data?.length !== size_of(shape))
    throw new Error(`${name} has shape (${value?.shape}) and must have (${shape})`);
}

// A tensor of the state dict, which must be there.
function parameter(state, name) {
  if (!state[name]) throw new Error(`the state dict has no ${name}`);
  return state[name];
}

// (B, T) integers from rows of equal length: { shape, data } with a plain list of ids.
function as_ids(ids, vocab_size) {
  if (!Array.isArray(ids) || !ids.length || !ids.every((row) => row?.length))
    throw new Error("ids must be a list of rows, each with at least one id: [[1, 2]]");
  const rows = ids.map((row) => [...row]);
  if (rows.some((row) => row.length !== rows[0].length))
    throw new Error("ids has rows of different lengths; give one at a time");
  const data = rows.flat();
  const wrong = data.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab_size);
  if (wrong !== undefined)
    throw new Error(`ids holds ${wrong} and must be integers from 0 to ${vocab_size - 1}`);
  return { shape: [rows.length, rows[0].length], data };
}
