// The experiment browser: two arms of an experiment, their curves and what their seeds say.

const NAME = "Two arms of an experiment, compared";
const HINT = "Thin lines are single seeds. The bars are intervals of 95 %: of the pairs, and of " +
  "the same runs taken as if they were no pairs. Hollow dots do not count.";
const ELSEWHERE = "What is compared here was measured apart: it is not where the curves end.";

function figure(data) {
  const state = { experiment: data.experiments[0], log: true };
  const view = {
    question: el("p", { className: "question" }), settings: el("div", { className: "settings" }),
    arms: el("div", { className: "arms" }), curves: el("div"), differences: el("div"),
    read: numbers(["B − A", "95 %, paired", "95 %, unpaired", "Unpaired is"]),
    table: el("div"), status: el("p", { className: "status", "aria-live": "polite" }),
  };
  const draw = () => show(state, view, data.t);
  // Another experiment has other data and arms; names that it has too stay chosen.
  const open = (experiment) => {
    const { name } = state.setting || {};
    const setting = experiment.data.find((one) => one.name === name) || experiment.data[0];
    Object.assign(state, { experiment, a: null, b: null });
    const names = experiment.data.map((one) => [one.name, one.name]);
    const change = (chosen) => put(experiment.data.find((one) => one.name === chosen));
    const kinds = choice("Data", names, setting.name, change);
    view.settings.replaceChildren(...(names.length > 1 ? [kinds.box] : []));
    put(setting);
  };
  const put = (setting) => {
    const { arms } = setting;
    const same = (arm, i) => arms.find((one) => arm && one.name === arm.name) || arms[i];
    const [a, b] = [same(state.a, 0), same(state.b, 1)];
    Object.assign(state, { setting, a, b, seeds: a.losses.length });
    view.arms.replaceChildren(...armControls(state, draw));
    draw();
  };
  const experiments = picker("Experiment", data.experiments,
    (at) => open(data.experiments[at]));
  open(state.experiment);
  const log = toggle("Excess over the floor, logarithmic", true, (on) => {
    state.log = on;
    draw();
  });
  return el("div", { className: "card experiments", role: "group", "aria-label": NAME }, [
    ...(data.ask ? [el("p", { className: "ask", textContent: data.ask })] : []),
    el("div", { className: "row controls" }, [experiments, view.settings]), view.question,
    view.arms, view.status, view.read.list,
    el("div", { className: "pictures" }, [
      el("div", {}, [view.curves, log]), view.differences,
    ]),
    view.table, el("p", { className: "muted", textContent: HINT }),
  ]);
}

function show(state, view, t) {
  const found = compared(state, t);
  const text = told(state, found);
  view.question.textContent = state.experiment.question;
  if (view.status.textContent !== text) view.status.textContent = text;
  view.read.show(readings(found));
  const high = state.log ? "Nats per token above the floor" : "Nats per token";
  view.curves.replaceChildren(...titled(`${high}, step by step`, curveChart(state), "steps"));
  const differences = differenceChart(state, found, t);
  view.differences.replaceChildren(...titled("B − A, seed by seed", differences, UNIT));
  view.table.replaceChildren(armTable(state), ...notes(state));
}

function armControls(state, draw) {
  const { arms } = state.setting;
  const pick = (key, label) => picker(label, arms, (at) => {
    state[key] = arms[at];
    draw();
  }, arms.indexOf(state[key]));
  const most = state.seeds;
  const count = slider("Seeds", { min: 2, max: most, step: 1, value: most,
    format: (n) => `${n} of ${most}` }, (n) => {
    state.seeds = n;
    draw();
  });
  return [pick("a", "A"), pick("b", "B"), ...(most > 2 ? [count.box] : [])];
}

// Rate, mean and spread of both arms, over the seeds that count.
function armTable({ setting, a, b, seeds }) {
  const wrong = [a, b].map((arm) => arm.losses.slice(0, seeds).flatMap((loss, seed) =>
    (loss === null || isStuck(setting, arm, seed) ? [seed + 1] : [])));
  const some = wrong.flat().length > 0;
  const head = ["arm", "rate", "mean", "deviation", ...(some ? ["went wrong"] : [])];
  const line = (arm, i) => {
    const losses = arm.losses.slice(0, seeds).filter((loss) => loss !== null);
    const texts = [plainNumber(arm.lr), losses.length ? fixed(meanOf(losses), 4) : "–",
      losses.length > 1 ? fixed(Math.sqrt(varianceOf(losses)), 4) : "–"];
    if (some) texts.push(seedsOf(wrong[i]));
    return el("tr", {}, [
      el("th", { scope: "row" }, [chartKey(`${"AB"[i]}: ${arm.name}`, i)]),
      ...texts.map((textContent) => el("td", { textContent })),
    ]);
  };
  const column = (textContent) => el("th", { scope: "col", textContent });
  return el("div", { className: "scroll" }, [el("table", { className: "results" }, [
    el("thead", {}, [el("tr", {}, head.map(column))]), el("tbody", {}, [a, b].map(line)),
  ])]);
}

function seedsOf(list) {
  return list.length ? `seed${list.length > 1 ? "s" : ""} ${list.join(", ")}` : "–";
}

function notes({ a, b }) {
  const own = [...new Set([a, b])].filter(({ note }) => note);
  const apart = [a, b].some(({ losses, curves }) => losses.some((loss, i) =>
    loss !== null && Math.abs(loss - curves[i].at(-1)) > 1e-3));
  const texts = [...own.map(({ name, note }) => `${name}: ${note}`), ...(apart ? [ELSEWHERE] : [])];
  return texts.map((textContent) => el("p", { className: "muted note", textContent }));
}
