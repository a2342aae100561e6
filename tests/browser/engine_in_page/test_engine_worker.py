"""The worker that trains beside the page: what it does when asked, and what it says when it cannot.

Its limits of time are far from what an idle machine does, so that a busy one passes.
"""

import numpy as np
import pytest

from tinytx.data.raven import raven

START = """(options) => {
  window.reports = [];
  window.errors = [];
  window.worker = new tinytx.TrainingWorker({
    onprogress: (report) => reports.push({ ...report, at: performance.now() }),
    onerror: (message) => errors.push(message),
    ...options,
  });
}"""
FOR = "(ms) => new Promise((done) => setTimeout(done, ms))"


@pytest.fixture
def started(bare_page):
    """Return a function that starts a worker in the page; it is stopped after the test."""
    yield lambda **options: bare_page.evaluate(START, {"text": raven(), **options})
    bare_page.evaluate("() => worker.stop()")
    ended(bare_page)


def ended(bare_page):
    """Wait until no worker is left."""
    for _ in range(100):
        if not bare_page.workers:
            return
        bare_page.wait_for_timeout(50)
    raise AssertionError(f"still there: {bare_page.workers}")


def last_report(bare_page, condition="true"):
    """Wait for a report that fulfils a condition on ``r``, and return it."""
    bare_page.wait_for_function(f"() => {{ const r = reports.at(-1); return r && ({condition}); }}")
    return bare_page.evaluate("() => reports.at(-1)")


def test_the_loss_falls_while_the_page_stays_awake(bare_page, started):
    """The poem, from a file: URL. A timer of the page goes on ticking all the while."""
    bare_page.evaluate(
        """() => {
          window.ticks = 0;
          window.ticker = setInterval(() => ticks++, 10);
        }"""
    )
    started(seed=1)
    first = last_report(bare_page)
    assert first["step"] == 0 or bare_page.evaluate("() => reports[0].step") == 0
    begin = bare_page.evaluate("() => reports[0]")
    assert begin["loss"] == begin["mean_loss"] == pytest.approx(np.log(57), abs=0.3)
    assert begin["floor"] == pytest.approx(0.6721533765, abs=1e-9)
    later = last_report(bare_page, "r.step >= 200")
    ticks = bare_page.evaluate("() => { clearInterval(ticker); return ticks; }")
    assert later["mean_loss"] < 2.9
    assert later["mean_loss"] > later["floor"]
    assert later["steps_per_second"] > 0
    between = bare_page.evaluate("() => reports.slice(1).map((r, i) => r.at - reports[i].at)")
    assert ticks > len(between)  # the page has more to do than to hear of the training
    assert len(between) / sum(between) < 12 / 1000  # reports per millisecond
    assert bare_page.evaluate("() => errors") == []
    print(f"{later['steps_per_second']:.0f} steps/s in the worker")


def test_pause_holds_it_and_resume_goes_on(bare_page, started):
    started()
    last_report(bare_page, "r.step > 5")
    took = []
    for _ in range(5):
        took.append(
            bare_page.evaluate(
                """() => new Promise((done) => {
                  const start = performance.now();
                  const known = reports.length;
                  worker.pause();
                  const look = () => (reports.length > known
                    ? done(performance.now() - start) : setTimeout(look, 1));
                  look();
                })"""
            )
        )
        bare_page.evaluate(FOR, 50)
        held = bare_page.evaluate("() => [reports.length, reports.at(-1).step]")
        bare_page.evaluate(FOR, 250)
        assert bare_page.evaluate("() => [reports.length, reports.at(-1).step]") == held
        bare_page.evaluate("() => worker.resume()")
        last_report(bare_page, f"r.step > {held[1]}")
    print(f"paused after {sorted(took)[2]:.0f} ms")
    assert min(took) < 100


def test_a_step_is_one_step_and_a_text_can_be_had_while_it_waits(bare_page, started):
    started(paused=True, seed=7)
    assert last_report(bare_page)["step"] == 0
    texts = []
    for n in range(1, 4):
        bare_page.evaluate("() => worker.step()")
        assert last_report(bare_page, f"r.step >= {n}")["step"] == n
    for _ in range(2):
        known = bare_page.evaluate("() => { worker.write(); return reports.length; }")
        texts.append(last_report(bare_page, f"reports.length > {known}")["text"])
    assert texts[0] == texts[1] != bare_page.evaluate("() => reports[0].text")
    assert len(texts[0]) == 201
    assert texts[0][0] == raven()[0]
    assert set(texts[0]) <= set(raven())


def test_the_worker_does_what_the_same_seed_does_in_the_page(bare_page, started):
    """And another seed does not."""
    started(paused=True, seed=5, config={"n_layer": 2, "n_head": 2}, batch_size=3)
    bare_page.evaluate("() => { for (let i = 0; i < 20; i++) worker.step(); }")
    last_report(bare_page, "r.step >= 20")
    found = bare_page.evaluate("() => reports.slice(-20).map((r) => r.loss)")
    here = """([text, seed]) => {
      const training = new tinytx.Training(
        { text, seed, config: { n_layer: 2, n_head: 2 }, batch_size: 3 });
      return Array.from({ length: 20 }, () => (training.step(), training.report().loss));
    }"""
    assert found == bare_page.evaluate(here, [raven(), 5])
    assert found != bare_page.evaluate(here, [raven(), 6])


def test_the_speed_can_be_set(bare_page, started):
    started()
    last_report(bare_page, "r.step > 5")
    before = bare_page.evaluate("() => { worker.set_speed(20); return reports.length; }")
    last_report(bare_page, f"reports.length > {before} + 1")
    first, second = bare_page.evaluate(
        """async () => {
          const one = reports.at(-1);
          await new Promise((done) => setTimeout(done, 1500));
          return [one, reports.at(-1)];
        }"""
    )
    rate = (second["step"] - first["step"]) / (second["at"] - first["at"]) * 1000
    assert 10 < rate < 22
    bare_page.evaluate("() => worker.set_speed(null)")
    last_report(bare_page, f"r.step > {second['step']} + 100")
    said = bare_page.evaluate(
        "() => { try { worker.set_speed(0); } catch (e) { return e.message; } }"
    )
    assert said == "steps_per_second is 0 and must be a number from 0.01 to 1000000"


def test_stop_ends_it(bare_page, started):
    started()
    last_report(bare_page, "r.step > 5")
    held = bare_page.evaluate("() => { worker.stop(); worker.resume(); return reports.length; }")
    bare_page.evaluate(FOR, 400)
    assert bare_page.evaluate("() => reports.length") == held
    ended(bare_page)
    assert bare_page.evaluate("() => errors") == []


def test_a_text_of_another_script_is_learned_too(bare_page, started):
    """Characters beyond 16 bits are one each; what is written has no others."""
    text = "白日依山尽，黄河入海流。🙂<b>欲穷千里目</b>，更上一层楼。" * 3
    started(text=text, config={"context_length": 3})
    report = last_report(bare_page, "r.step > 20")
    assert report["floor"] < 0.7
    assert len(report["text"]) == 201
    assert set(report["text"]) <= set(text)


WRONG = {
    "empty": ({"text": ""}, "text is empty"),
    "one": ({"text": "aaaaaaaaaaaaaaa"}, "text's number of different characters is 1 and must be"),
    "short": ({"text": "abcdefgh"}, "text's number of characters is 8 and must be a number from 9"),
    "long": ({"text": "ab" * 100_001}, "text's number of characters is 200002 and must be"),
    "many": ({"text": "".join(map(chr, range(0x4E00, 0x4E00 + 600)))},
             "text's number of different characters is 600 and must be a number from 2 to 500"),
    "surrogate": ({"text": "\ud800 and more text"}, "text has a lone surrogate"),
    "no text": ({"text": 5}, "text is a number and must be a string"),
    "large": ({"config": {"d_model": 512}}, "multiplications of a step is"),
    "heads": ({"config": {"n_head": 3}}, "config.d_head is 10.6"),
    "field": ({"config": {"layers": 3}}, "config has layers, which is no field"),
    "choice": ({"config": {"norm": "none"}}, "config.norm is none and must be pre or post"),
    "rate": ({"learning_rate": 0}, "learning_rate is 0 and must be a number from"),
    "rows": ({"batch_size": 1.5}, "batch_size is 1.5 and must be an integer from 1 to"),
    "seed": ({"seed": -1}, "seed is -1 and must be an integer from 0"),
    "option": ({"speed": 3}, "speed is no option"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_learned_is_said_in_one_line(bare_page, started, name):
    options, said = WRONG[name]
    started(**options)
    bare_page.wait_for_function("() => errors.length")
    (message,) = bare_page.evaluate("() => errors")
    assert said in message
    assert "\n" not in message
    assert bare_page.evaluate("() => worker.worker") is None
