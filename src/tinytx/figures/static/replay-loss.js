// The losses of a recorded run, with a marker at one snapshot.

function lossChart(data, pick) {
  const { steps, loss, validation, evaluated, floor } = data;
  // Where a step stands: 0 has no logarithm, so 1 is added.
  const place = data.logarithmic ? (step) => Math.log10(step + 1) : (step) => step;
  const ends = [Math.min(steps[0], evaluated[0]), Math.max(steps.at(-1), evaluated.at(-1))];
  const x = ends.map(place);
  if (x[0] === x[1]) x[1] += 1; // a run of one point
  const marks = data.logarithmic ? powers(...ends) : niceTicks(...x, 5);
  const all = [...loss, ...(validation || []), ...(floor === null ? [] : [floor])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || 1) * 0.06;
  const y = [low - room, high + room];
  const own = evaluated.map((step, i) => [place(step), validation ? validation[i] : 0]);
  const lines = [
    { points: steps.map((step, i) => [place(step), loss[i]]), name: "training loss", color: 0 },
    ...(validation ? [{ points: own, name: "validation loss", color: 1 }] : []),
    ...(floor === null ? [] : [{ points: x.map((end) => [end, floor]), color: 3,
      name: `${data.floor_name}: ${fixed(floor, 3)}` }]),
  ];
  const made = chart({
    label: "Loss by step; the vertical line is the snapshot", x, y, lines, height: 220,
    ticks: { x: data.logarithmic ? marks.map(place) : marks, y: niceTicks(...y, 4) },
    format: { x: data.logarithmic ? powerName : count, y: plainNumber },
    pick: (at) => pick(nearest(evaluated.map(place), at)),
  });
  tuckLast(made);
  const show = (at) => made.mark({
    rules: [{ x: place(evaluated[at]), color: 3 }],
    dots: [{ x: place(evaluated[at]), y: loss[data.at[at]], color: 0 },
      ...(validation ? [{ x: place(evaluated[at]), y: validation[at], color: 1 }] : [])],
  });
  const scale = data.logarithmic ? "steps, on a logarithmic scale" : "steps";
  const axis = el("p", { className: "muted axis", textContent: `${scale}; loss in ${data.unit}` });
  return { box: el("div", {}, [made.box, axis]), show };
}

// A mark of the logarithmic axis: 0, 1, 10, 100, 1,000, 10⁴.
function powerName(at) {
  const step = Math.round(10 ** at - 1);
  return step < 10000 ? count(step) : `10${raised(Math.round(Math.log10(step)))}`;
}

// The powers of ten among the steps, and 0 where they begin there.
function powers(first, last) {
  const all = Array.from({ length: 10 }, (_, power) => 10 ** power);
  return [...(first === 0 ? [0] : []), ...all.filter((step) => step >= first && step <= last)];
}

function count(number) {
  return number.toLocaleString("en-GB");
}
