// SGD, momentum and Adam on a surface of two weights, number by number as tinytx.manual.optim.

// The surface ½(a x² + b y²) + c x y + ¼ q y⁴, and its slope.
function lossAt({ a, b, c, q }, [x, y]) {
  return 0.5 * (a * x * x + b * y * y) + c * x * y + 0.25 * q * y * y * y * y;
}

function gradientAt({ a, b, c, q }, [x, y]) {
  return [a * x + c * y, b * y + c * x + q * y * y * y];
}

// Noise of mean 0 and standard deviation 1, the same for all methods: three even draws added.
function noiseAt(draw, step, axis) {
  const even = (k) => mixed(((draw * 1024 + step) * 2 + axis) * 3 + k + 1) / 2 ** 31 - 1;
  return even(0) + even(1) + even(2);
}

// The last mixing of MurmurHash3: neighbouring numbers become unlike ones.
function mixed(number) {
  let n = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  n = Math.imul(n ^ (n >>> 13), 0xc2b2ae35);
  return (n ^ (n >>> 16)) >>> 0;
}

// A method keeps its state and turns a gradient into what is taken off the weights.
const METHODS = {
  SGD: ({ lr }) => (grad) => grad.map((g) => g * lr),
  momentum: ({ lr, beta }) => {
    const velocity = [0, 0];
    return (grad) => grad.map((g, i) => {
      velocity[i] = velocity[i] * beta + g;
      return velocity[i] * lr;
    });
  },
  Adam: ({ lr, beta, beta_2, eps }) => {
    const [m, v] = [[0, 0], [0, 0]];
    let steps = 0;
    return (grad) => {
      steps += 1;
      return grad.map((g, i) => {
        m[i] += (g - m[i]) * (1 - beta);
        v[i] = v[i] * beta_2 + g * g * (1 - beta_2);
        const size = Math.sqrt(v[i]) * (1 / Math.sqrt(1 - beta_2 ** steps)) + eps;
        return (m[i] / size) * (lr / (1 - beta ** steps));
      });
    };
  },
};

// {points, diverged}: where the weights were after 0, 1, 2, … steps. A path that gets further than
// `far` from the middle has diverged; there it ends.
function pathOf(surface, method, { start, steps, draw, far, ...options }) {
  const update = METHODS[method](options);
  const points = [start];
  for (let step = 0; step < steps; step += 1) {
    const here = points[step];
    const grad = gradientAt(surface, here).map((g, i) =>
      (surface.noise ? g + surface.noise * noiseAt(draw, step, i) : g));
    const change = update(grad);
    const there = here.map((value, i) => value - change[i]);
    points.push(there);
    const [x, y] = there;
    if (!(x * x + y * y <= far * far)) return { points, diverged: step + 1 };
  }
  return { points, diverged: null };
}
