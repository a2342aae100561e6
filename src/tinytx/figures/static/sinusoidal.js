// Sinusoidal positions in plain numbers, as tinytx.manual.positions.sinusoidal_table has them.

// The angle, in radians, by which pair i turns from one position to the next.
function turnOf(pair, d_model) {
  return Math.exp(2 * pair * (-Math.log(10000) / d_model));
}

// A row for each position: sine and cosine of its angle, pair by pair.
function sinusoidalTable(context_length, d_model) {
  return Array.from({ length: context_length }, (_, t) =>
    Array.from({ length: d_model }, (_, d) => {
      const angle = t * turnOf(d >> 1, d_model);
      return d % 2 ? Math.cos(angle) : Math.sin(angle);
    }),
  );
}

// The product of one position with every position.
function dotsOf(table, position) {
  const sum = (row) => row.reduce((total, value, d) => total + value * table[position][d], 0);
  return table.map(sum);
}

// The matrix that takes (sine, cosine) of any position to those of the position `shift` further.
function rotation(shift, turn) {
  const [sine, cosine] = [Math.sin(shift * turn), Math.cos(shift * turn)];
  return [[cosine, sine], [-sine, cosine]];
}
