// What a line through the runs says: the words of ScalingExplorer.told.

const NAMES = { compute: "compute", parameters: "the parameters", tokens: "the tokens" };
const WHICH = {
  compute: "on the frontier", parameters: "with the most tokens", tokens: "of the largest model",
};

function told({ E, axis, held, floor }, { line, left, errors }) {
  const exact = E === floor ? ", the exact entropy," : "";
  const which = WHICH[axis];
  const start = `With E = ${fixed(E, 4)}${exact} `;
  if (!line)
    return `${start}there is no line: it takes three runs ${which}, all above E.`;
  const text = `${start}the excess goes as ${NAMES[axis]} to the power ` +
    `${fixed(line.exponent, 3)}; the ${line.runs.length} runs ${which} are off that line by ` +
    `${percentOff(line)}.`;
  return text + (held ? predicted(left, errors, which) : "");
}

function percentOff({ off }) {
  return `${fixed(100 * Math.expm1(off), 1)} %`;
}

function predicted(left, errors, which) {
  if (!left.length) return ` None of the runs ${which} is held out.`;
  const mean = errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
  const [{ loss }, last] = [left.at(-1), errors.at(-1)];
  const n = left.length === 1 ? "1 run that was" : `${left.length} runs that were`;
  return ` It is off the ${n} held out by ${fixed(mean, 4)} nats on average; for the largest it ` +
    `predicts ${fixed(loss + last, 4)} where ${fixed(loss, 4)} was measured, ` +
    `${fixed(Math.abs(last), 4)} ${last > 0 ? "too high" : "too low"}.`;
}
