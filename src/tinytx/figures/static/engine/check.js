// What is no number within its limits is refused in one line: what, value, limit, way out.

function check_number(name, value, least, most, { whole = false, way_out = "" } = {}) {
  const fits = whole ? Number.isInteger : Number.isFinite;
  if (fits(value) && value >= least && value <= most) return;
  const kind = whole ? "an integer" : "a number";
  throw new Error(`${name} is ${value} and must be ${kind} from ${least} to ${most}${way_out}`);
}
