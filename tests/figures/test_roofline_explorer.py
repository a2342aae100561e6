"""The roofline explorer without a browser: its polynomials, its bounds, the answer it asks for."""

import json
import random
import re

import numpy as np
import pytest

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.figures import RooflineExplorer
from tinytx.figures.roofline_explorer import Sizes, duration, three
from tinytx.figures.roofline_terms import at_width, terms, unit_of, value
from tinytx.presets import PRESETS
from tinytx.speed import H100, Machine, decoding_step, timed_step, training_step
from tinytx.threads import one_thread

HOSTILE = "</script><img src=x onerror=alert(1)>"
LAPTOP = Machine("A laptop", gflops=120, gbytes=30)
SMALL = {"vocab_size": 37, "context_length": 900, "n_layer": 3, "n_head": 4, "d_model": 24}
MODERN = {"d_head": 10, "d_ff": 64, "activation": "swiglu", "norm_kind": "rms", "dropout": 0.1,
          "positions": "rotary", "n_kv_head": 2, "qk_norm": True}  # fmt: skip


def measured():
    """Return a small model's configuration and where the time of its step went."""
    config = GPTConfig(vocab_size=37, context_length=24, n_layer=2, n_head=2, d_model=16)
    ids = np.random.default_rng(0).integers(37, size=(3, 13))
    with one_thread():
        model = manual.GPT(config, np.random.default_rng(0))
        return config, timed_step(model, (ids[:, :-1], ids[:, 1:]), rounds=2)


@pytest.mark.parametrize("changes", [{}, MODERN, {"tie_weights": False, "norm": "post"}])
@pytest.mark.parametrize("count", [training_step, decoding_step])
def test_polynomials_are_the_counts_of_the_package(changes, count):
    config, rng = GPTConfig(**{**SMALL, **changes}), random.Random(0)
    found = terms(config, count)
    for _ in range(15):
        B, T, D = rng.randint(1, 999), rng.randint(1, 900), unit_of(config) * rng.randint(1, 50)
        works = count(at_width(config, D), B, T)
        assert len(works) == len(found)
        for work, one in zip(works, found, strict=True):
            assert [one[key] for key in ("name", "direction")] == [work.name, work.direction]
            assert value(one["flops"], B, T, D) == pytest.approx(work.flops, rel=1e-12)
            assert value(one["bytes"], B, T, D) == pytest.approx(work.bytes, rel=1e-12)


def test_widths_keep_the_shares_of_heads_and_mlp():
    config = GPTConfig(**{**SMALL, **MODERN})
    wide = at_width(config, 10 * unit_of(config))
    assert (wide.d_head / wide.d_model, wide.d_ff / wide.d_model) == (10 / 24, 64 / 24)
    assert all(
        D % unit_of(config) == 0 for D in RooflineExplorer(LAPTOP, config).data()["stops"]["D"]
    )


@pytest.mark.parametrize("machine", [LAPTOP, H100, Machine("b", gflops=50, gbytes=50)])
@pytest.mark.parametrize("name", ["up_proj", "q_proj", "lm_head"])
def test_the_question_is_answered_by_the_batch_it_names(machine, name):
    one = RooflineExplorer(machine, others=())
    B = one.leaves(name)
    assert B > 1 or machine.ridge <= 1

    def intensity(B):
        works = one.works("decoding", one.sizes._replace(B=B), machine)
        return next(w for w in works if w.name == name).intensity

    assert intensity(B) >= machine.ridge
    if B > 1:
        assert intensity(B - 1) < machine.ridge


def test_attention_never_leaves_the_slope_and_a_wider_model_leaves_it_sooner():
    one = RooflineExplorer(H100, others=())
    assert one.leaves("scores") is None
    works = one.works("decoding", one.sizes._replace(B=10**6), H100)
    scores = next(w for w in works if w.name == "scores")
    assert scores.intensity < H100.ridge / 100
    wide = RooflineExplorer(H100, PRESETS["gpt2-xl"], others=())
    assert wide.leaves("up_proj") < one.leaves("up_proj")
    # Of a matrix without end a row costs two operations for each weight, of two bytes.
    assert wide.leaves("up_proj") > H100.ridge


def test_what_is_told_follows_from_the_works():
    one = RooflineExplorer(LAPTOP, B=8, T=300)
    works = one.works("training", one.sizes, LAPTOP)
    slope = [w for w in works if w.intensity < LAPTOP.ridge]
    text = one.told("training", one.sizes, LAPTOP)
    assert f": {len(slope)} of {len(works)} operations are on the slope" in text
    least = sum(max(w.flops / 120e9, w.bytes / 30e9) for w in works)
    assert f"takes {duration(least)}, " in text
    assert text.startswith("Training, batch 8, 300 tokens, width 768: ")


def test_half_precision_moves_half_the_bytes():
    one = RooflineExplorer(LAPTOP)
    at = Sizes(4, 100, 768)
    wide, narrow = (one.works("decoding", at, m) for m in (LAPTOP, H100))
    assert [2 * w.bytes for w in narrow] == [w.bytes for w in wide]


def test_measured_speeds_are_operations_over_seconds():
    config, times = measured()
    one = RooflineExplorer(LAPTOP, config, B=3, T=12, times=times)
    reached = {(name, direction): rate for name, direction, rate in one.data()["reached"]}
    seconds = {(t.name, t.direction): t.seconds for t in times.works}
    for work in training_step(config, 3, 12):
        key = work.name, work.direction
        if work.flops:
            assert reached[key] == pytest.approx(work.flops / seconds[key] / 1e9, rel=1e-3)
        else:
            assert key not in reached
    assert f"reached by up_proj forward: {three(reached['up_proj', 'forward'])} GFLOP/s" in str(one)
    assert "<caption>Measured, GFLOP/s</caption>" in one.fallback()


def test_words_and_fallback_say_the_same():
    one = RooflineExplorer(LAPTOP, B=8)
    text, page = str(one), one.fallback()
    assert text.splitlines()[1] == one.ask
    for machine in (LAPTOP, H100):
        for step in ("training", "decoding"):
            told = one.told(step, one.sizes, machine)
            assert told in text
            assert told in page
    assert "Decoding leaves the slope: up_proj at batch 9; scores at no batch" in text
    assert one.leaves("up_proj", LAPTOP) == 9
    for work in one.works("decoding", one.sizes, LAPTOP):
        row = f'<th scope="row">{work.name}</th><td>forward</td><td>decoding</td>'
        assert f"{row}<td>{three(work.intensity)}</td>" in page


def test_numbers_are_plain_and_few():
    data = RooflineExplorer(LAPTOP).data()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(RooflineExplorer(LAPTOP)._repr_html_()) < 60_000
    machine = Machine("x", gflops=104.98765, gbytes=33.98765)
    assert RooflineExplorer(machine).data()["machines"][0]["gflops"] == 105


@pytest.mark.parametrize(
    ("value_", "text"),
    [(0, "0"), (0.001234, "0.00123"), (9.996, "10.00"), (1, "1.00"), (99.96, "100.0"), (100, "100"),
     (1234.5, "1,235"), (0.1, "0.100")],
)  # fmt: skip
def test_three_digits(value_, text):
    assert three(value_) == text


def test_user_text_cannot_leave_its_place():
    page = RooflineExplorer(Machine(HOSTILE, 1, 1), ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"machine": 7}, "machine is a int and must be a Machine: tinytx.speed.measure_machine()"),
    ({"others": [LAPTOP]}, "two machines have one name: give each its own"),
    ({"others": [H100] * 4}, "there are 5 machines, the limit is 4"),
    ({"B": 0}, "B is 0 and must be an integer from 1"),
    ({"T": 2.5}, "T is 2.5 and must be an integer from 1 to context_length 1024"),
    ({"T": 1025}, "T is 1025 and must be an integer from 1 to context_length 1024"),
    ({"config": GPTConfig(**{**SMALL, "context_length": 2})}, "context_length is 2 and must be at"),
    ({"times": 3}, "times is a int and must be a StepTimes: tinytx.speed.timed_step()"),
]


@pytest.mark.parametrize(("how", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(how, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        RooflineExplorer(**{"machine": LAPTOP, **how})
    assert "\n" not in str(caught.value)


def test_a_model_that_is_not_counted_is_refused():
    with pytest.raises(ValueError, match="config is a int and must be a GPTConfig"):
        RooflineExplorer(LAPTOP, 7)
