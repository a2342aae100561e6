// The roofline explorer: a machine, a step and three sizes to choose.

const NAME = "The roofline of a machine, and the operations of a step on it";
const HINT = "Each spot is one operation, all blocks together: the larger, the more of the least " +
  "time. Operations that compute nothing, such as copies, have no place on it. Press the picture " +
  "to look at the nearest spot.";
const ABOVE = " A square above the slope found its numbers in a cache.";
const LENGTH = { training: "Tokens, T", decoding: "Tokens, S" };

function figure({ ask, machines, steps, stops, sizes, reached }) {
  const state = { at: 0, step: "training", sizes: { ...sizes }, looked: null };
  const view = {
    picture: el("div"), table: el("div", { className: "scroll" }), one: el("p"),
    read: numbers(["Peak, GFLOP/s", "Memory, GB/s", "Ridge", "Least time"]),
    status: el("p", { className: "status", "aria-live": "polite" }), looks: el("div"),
  };
  const put = (changes) => {
    Object.assign(state, changes);
    draw();
  };
  const size = (label, key) => stopSlider(label, stops[key], sizes[key],
    (value) => put({ sizes: { ...state.sizes, [key]: value } }), counted);
  const sliders = [size("Batch, B", "B"), size(LENGTH.training, "T"), size("Width, D", "D")];
  const draw = () => {
    const machine = machines[state.at];
    const works = worksOf(steps[state.step], state.sizes, machine);
    const label = sliders[1].box.querySelector(".label");
    label.textContent = LENGTH[state.step];
    sliders[1].input.setAttribute("aria-label", LENGTH[state.step]);
    const same = Object.keys(sizes).every((key) => sizes[key] === state.sizes[key]);
    const here = same && state.step === "training" && state.at === 0;
    show(view, state, { machine, works, reached: here ? reached : [], put });
  };
  const box = el("div", { className: "card roofline", role: "group", "aria-label": NAME }, [
    ...(ask ? [el("p", { className: "ask", textContent: ask })] : []),
    el("div", { className: "row controls" }, [
      picker("Machine", machines, (at) => put({ at })),
      choice("Step", [["training", "training"], ["decoding", "decoding"]], "training",
        (step) => put({ step, looked: null })).box,
    ]),
    el("div", { className: "controls sliders" }, sliders.map((one) => one.box)),
    view.status, view.read.list, view.picture, view.looks, view.one,
    el("p", { className: "muted", textContent: HINT + (reached.length ? ABOVE : "") }),
    el("details", {}, [
      el("summary", { textContent: "All operations in numbers" }), view.table,
    ]),
  ]);
  draw();
  return box;
}

function show(view, state, { machine, works, reached, put }) {
  const key = ({ name, direction }) => `${name} ${direction}`;
  const chosen = works.find((one) => key(one) === state.looked) || null;
  const found = reached.map(([name, direction, rate]) => {
    const { intensity } = works.find((one) => key(one) === `${name} ${direction}`);
    return { intensity, rate };
  });
  const look = (one) => put({ looked: one ? key(one) : null });
  const text = told(state.step, works, state.sizes);
  if (view.status.textContent !== text) view.status.textContent = text;
  view.read.show([
    three(machine.gflops), three(machine.gbytes), three(ridgeOf(machine)),
    duration(secondsOf(works)),
  ]);
  view.picture.replaceChildren(
    roofKey(found.length > 0),
    ...titled("At most, operations a second",
      roofChart({ machine, works, chosen, reached: found, pick: look }), "operations a byte"));
  const focused = view.looks.contains(view.looks.getRootNode().activeElement);
  const names = [{ name: "none" }, ...works.map((one) => ({ name: key(one) }))];
  view.looks.replaceChildren(picker("Look at", names,
    (at) => look(works[at - 1]), works.indexOf(chosen) + 1));
  if (focused) view.looks.querySelector("select").focus();
  view.one.textContent = chosen ? toldOne(chosen, works, machine) : "";
  view.one.hidden = !chosen;
  view.table.replaceChildren(workTable(works));
}
