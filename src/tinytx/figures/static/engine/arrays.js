// What the engine needs of NumPy: an array is { shape, data }, its numbers in a typed array, the
// last dimension side by side. Names are those of tinytx.manual, so that the files can be read
// beside each other. No function writes into what it is given.

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

// A number is made of each number.
function map(x, f) {
  const y = zeros(x.shape, x);
  for (let i = 0; i < y.data.length; i++) y.data[i] = f(x.data[i]);
  return y;
}

function add(a, b) {
  const y = zeros(a.shape, a);
  for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] + b.data[i];
  return y;
}

// The dot product of n numbers of a from place i on with n of b from place j on. The sum is kept
// in double precision, whatever the arrays hold.
function dot(a, i, b, j, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[i + k] * b[j + k];
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
