// The model behind the switches: what was recorded, and the engine once it has been loaded.

// What the model says next with these parts off: {top: [[id, share], …], nats of the one that
// came}; null where neither a record nor a model knows it.
function nextOf(prompt, off, model, shown) {
  if (model) return computed(prompt, off, model, shown);
  return off.size > 1 ? null : prompt.recorded[[...off][0] ?? ""];
}

function computed({ ids, came }, off, model, shown) {
  const heads = {};
  const replace = {};
  for (const part of off) {
    const [block, which] = part.split(".");
    if (which === "mlp") replace[`blocks.${block}.mlp`] = silenced;
    else (heads[`blocks.${block}.attn`] ??= []).push(Number(which));
  }
  const { data, shape } = model.forward([ids], { off: heads, replace });
  const logits = data.slice(-shape[2]);
  const probs = tinytx.distribution(logits);
  const top = topOf(probs, shown).map((id) => [id, probs[id]]);
  if (!top.some(([id]) => id === came)) top.push([came, probs[came]]);
  return { top, nats: Math.log(Math.max(probs[came], 1e-30)) };
}

function silenced(x) {
  x.data.fill(0);
  return x;
}

function topOf(values, n) {
  return [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, n);
}

// The model, if the page has it already; null if it has not.
function modelHere(name) {
  const packed = globalThis.tinytx?.models?.[name];
  return packed && tinytx.load_model ? tinytx.load_model(packed).model : null;
}

// Load the two scripts, one after the other: from the page's own folder, from file:// too.
async function fetched({ addresses, name }) {
  for (const address of modelHere(name) ? [] : addresses) await scriptAt(address);
  return modelHere(name);
}

function scriptAt(address) {
  return new Promise((resolve, reject) => {
    const script = el("script", { src: address });
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}
