// Training beside the page: the page stays awake, and can pause it at any time.

const SLICE = 50; // milliseconds of training between two looks at what the page asks for
const REPORT = 100; // between two reports
const RENEW = 1000; // between two texts, and two measurements of the speed

// In the page. new TrainingWorker({ text }) starts to train; the options are those of Training,
// `paused: true` for a start that waits, and onprogress and onerror, which can also be set later.
//   onprogress({ step, loss, mean_loss, floor, steps_per_second, text }), about ten times a second:
//     losses in nats per character, of the last batch and of the last hundred, before their steps
//     (at step 0 of a batch before any); what the model would write now, renewed every second
//   onerror(message), one line; then it has ended
// The worker is made of the engine's own source, so that it works in a page from a file, too.
class TrainingWorker {
  constructor({ onprogress = null, onerror = null, ...options } = {}) {
    Object.assign(this, { onprogress, onerror, worker: null });
    const source = `(${tinytx_engine})();\ntinytx.serve_training();`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      this.worker = new Worker(url);
      this.worker.onmessage = ({ data: { progress, error } }) => {
        if (error) this.fail(error);
        else this.onprogress?.(progress);
      };
      this.worker.onerror = () => this.fail("the browser starts no worker: use another");
      this.send("start", options);
    } catch (error) {
      queueMicrotask(() => this.fail(error.message));
    }
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  pause() {
    this.send("pause");
  }

  resume() {
    this.send("resume");
  }

  // One step; it pauses if it runs.
  step() {
    this.send("step");
  }

  // At most this many steps a second; null for as fast as it can.
  set_speed(steps_per_second) {
    if (steps_per_second !== null) check_number("steps_per_second", steps_per_second, 0.01, 1e6);
    this.send("set_speed", steps_per_second);
  }

  // A report with a text that is renewed now, also while it is paused.
  write() {
    this.send("write");
  }

  // For good.
  stop() {
    this.worker?.terminate();
    this.worker = this.onprogress = null;
  }

  send(what, value) {
    this.worker?.postMessage({ what, value });
  }

  fail(message) {
    this.stop();
    this.onerror?.(message);
  }
}

// In the worker.
class TrainingLoop {
  constructor({ paused = false, ...options }, tell) {
    this.training = new Training(options);
    Object.assign(this, { tell, speed: null, rate: 0 });
    this.write();
    if (!paused) this.resume();
  }

  resume() {
    this.due = performance.now(); // when the next step is
    this.measure();
    this.wait();
  }

  pause() {
    clearTimeout(this.timer);
    this.mark = null;
    this.report();
  }

  step() {
    this.training.step();
    this.pause();
  }

  set_speed(steps_per_second) {
    this.speed = steps_per_second;
    if (this.mark) this.resume();
  }

  write() {
    this.written = -Infinity;
    this.report();
  }

  // Train for a slice, or until the next step is not due yet; then hear what the page has asked.
  run() {
    const end = performance.now() + SLICE;
    for (let now = 0; now < end && this.due <= (now = performance.now()); ) {
      this.training.step();
      // what could not be kept up with is not made up
      this.due = this.speed ? Math.max(this.due + 1000 / this.speed, now - SLICE) : now;
    }
    if (this.training.steps > this.told && end - this.reported >= REPORT) this.report();
    this.wait();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), this.due - performance.now());
  }

  report() {
    const now = performance.now();
    const steps = this.training.steps;
    const elapsed = this.mark ? now - this.mark.time : 0;
    if (elapsed >= (this.rate ? RENEW : REPORT)) this.measure((steps - this.mark.steps) / elapsed);
    if (now - this.written >= RENEW)
      Object.assign(this, { text: this.training.write(), written: now });
    Object.assign(this, { told: steps, reported: now });
    this.tell({ ...this.training.report(), steps_per_second: this.rate, text: this.text });
  }

  // From here on, after so many steps a millisecond before.
  measure(rate = this.rate / 1000) {
    this.rate = 1000 * rate;
    this.mark = { time: performance.now(), steps: this.training.steps };
  }
}

// Do what the page sends, { what, value }; the first is a start.
function serve_training() {
  let loop = null;
  const tell = (progress) => postMessage({ progress });
  onmessage = ({ data: { what, value } }) => {
    if (what === "start") loop = new TrainingLoop(value, tell);
    else loop[what](value);
  };
  addEventListener("error", (event) => {
    event.preventDefault();
    postMessage({ error: event.error?.message ?? event.message });
  });
}
