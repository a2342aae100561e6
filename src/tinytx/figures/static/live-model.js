// The very model of the course, alive in a page: it writes, and another one learns.

const NAME = "The model of the course, in this page";

function figure(data, host) {
  const heard = el("p", { className: "unseen status", "aria-live": "polite" });
  const say = (text) => (heard.textContent = text);
  const desk = writingDesk(data, host, say);
  const bench = trainingBench(data, host, say);
  const panels = [["Write", desk.view.box], ["Train", bench.box]];
  const box = tabs("What it does", panels, (i) => {
    (i ? desk : bench).stop();
    if (i) bench.enter();
  });
  // A page that nobody sees does not work.
  document.addEventListener("visibilitychange", () => document.hidden && bench.stop());
  waking(data).then(({ model, tokenizer }) => {
    desk.wake({ model, tokenizer });
    bench.wake();
  }, () => desk.fail());
  return el("div", { className: "card live", role: "group", "aria-label": NAME }, [
    el("p", { className: "promise", textContent: data.promise }), box, heard,
  ]);
}

// The engine and the weights, once the page has been drawn.
async function waking({ name, addresses }) {
  if (document.readyState !== "complete")
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();  // the first one can come before anything was painted
  await new Promise((resolve) => setTimeout(resolve, 0));
  for (const address of addresses) await loaded(address);
  return tinytx.load_model(tinytx.models[name]);
}

function loaded(address) {
  return new Promise((resolve, reject) => {
    const script = el("script", { src: address });
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}
