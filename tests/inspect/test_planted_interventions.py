"""Mistakes planted in the interventions' own text: does what the tests ask for notice them?

Each is a change of one line of a second copy of the package, and each must break the one property
that it is named with; the right text keeps them all.
"""

from __future__ import annotations

import numpy as np
import pytest
from interventions import CLEAN, CORRUPTED, close, make, run

from tinytx.bugs.plant import Planted, source

TWICE = np.tile([[1, 6, 9, 4], [3, 5, 8, 2]], (1, 2))


def zero_is_no_columns(inspect, model):
    with inspect.ablate(model, [(0, 1)]):
        got = run(model, CLEAN)
    model.blocks[0].attn.o_proj.weight.data[:, 4:8] = 0
    close(got, run(model, CLEAN))


def mean_is_by_position(inspect, model):
    with inspect.capture(model) as seen:
        run(model, CORRUPTED)
    with inspect.ablate(model, ["blocks.0.mlp"], "mean", CORRUPTED), inspect.capture(model) as got:
        run(model, CLEAN)
    close(got["blocks.0.mlp"][1], sum(seen["blocks.0.mlp"]) / 2)


def clean_branches_add_the_same(inspect, model):
    with inspect.capture(model) as seen:
        run(model, CLEAN)
    branches = [f"blocks.{i}.{part}" for i in range(2) for part in ("attn.out", "mlp")]
    changes = {name: seen[name] for name in branches}
    with inspect.patch(model, changes), inspect.capture(model) as got:
        run(model, CORRUPTED)
    close(got["blocks.1"] - got["drop"], seen["blocks.1"] - seen["drop"])


def capture_sees_what_went_on(inspect, model):
    with inspect.capture(model) as seen, inspect.patch(model, {"drop": lambda x: 0 * x}):
        run(model, CLEAN)
    assert not seen["drop"].any()


def nothing_is_left(inspect, model):
    plain, failed = run(model, CLEAN), []

    def fail_once(x):
        if not failed:
            failed.append(True)
            raise KeyError
        return 0 * x

    with pytest.raises(KeyError), inspect.patch(model, {"drop": fail_once}):
        run(model, CLEAN)
    close(run(model, CLEAN), plain)


def last_row_is_the_model(inspect, model):
    close(inspect.logit_lens(model, CLEAN)[-1], run(model, CLEAN))


def parts_add_up(inspect, model):
    got = sum(inspect.attribute(model, CLEAN, 3).values())
    close(got, run(model, CLEAN)[:, -1, 3])


def a_head_that_copies_scores_one(inspect, model):
    def look_back(weights):
        weights[:, 2] = 0
        weights[:, 2, range(4, 8), range(1, 5)] = 1
        return weights

    with inspect.patch(model, {"blocks.1.attn.weights": look_back}):
        assert inspect.induction_scores(model, TWICE)[1, 2] == 1


def qk_is_the_scores(inspect, model):
    model.pos_emb.weight.data[...] = 0
    with inspect.capture(model) as seen:
        run(model, CLEAN)
    qk, ids = inspect.circuits(model, 0, 2).qk, CLEAN[0]
    close(qk[np.ix_(ids, ids)], seen["blocks.0.attn.scores"][0, 2])


PROPERTIES = [
    zero_is_no_columns, mean_is_by_position, clean_branches_add_the_same, capture_sees_what_went_on,
    nothing_is_left, last_row_is_the_model, parts_add_up, a_head_that_copies_scores_one,
    qk_is_the_scores,
]  # fmt: skip
SUM = ("if (abs(sum(parts.values()) - total) > 1000 * eps * size).any():", "if False:")
PLANTED = {
    "renormalised after ablation": (
        "ablate", zero_is_no_columns,
        [("    return x\n", "    return x if heads is None else x * 3 / (3 - len(heads))\n")],
    ),
    "the mean over positions too": (
        "ablate", mean_is_by_position,
        [("value.mean(axis=0, keepdims=True)",
          "0 * value[:1] + value.mean(axis=(0, 1), keepdims=True)")],
    ),
    "heads of the last axis": (
        "ablate", zero_is_no_columns, [("(slice(None), heads)", "(..., heads)")],
    ),
    "heads put back before the patch": (
        "taps", clean_branches_add_the_same,
        [('return self.taps["out"](out), rest', 'self.taps["out"](out)\n        return out, rest')],
    ),
    "a reader hears the value before": (
        "taps", capture_sees_what_went_on,
        [("            value = change(value)\n        for reader in self.readers:\n"
          "            reader(value)\n",
          "            for reader in self.readers:\n                reader(value)\n"
          "            value = change(value)\n")],
    ),
    "a change that stays": (
        "points", nothing_is_left, [("            functions.remove(one)\n", "            pass\n")],
    ),
    "a lens without the final norm": (
        "lens", last_row_is_the_model, [('if still.config.norm == "pre":', "if False:")],
    ),
    "a lens that ends a block early": ("lens", last_row_is_the_model, [("range(n_layer)", "[0]")]),
    "attribution without the norm's scale": (
        "attribution", parts_add_up, [("keepdims=True)) * rstd", "keepdims=True))"), SUM],
    ),
    "attribution without the norm's mean": (
        "attribution", parts_add_up, [(" - reads.mean(axis=-1, keepdims=True)", ""), SUM],
    ),
    "attribution without the norm's weight": (
        "attribution", parts_add_up, [("reads = direction * weight", "reads = direction"), SUM],
    ),
    "attribution without a bias": (
        "attribution", parts_add_up, [("if o_proj.bias is not None:", "if False:"), SUM],
    ),
    "attribution's own check": (
        "attribution", parts_add_up, [("keepdims=True)) * rstd", "keepdims=True))")],
    ),
    "the token itself, not the one after it": (
        "heads", a_head_that_copies_scores_one, [("queries - half + 1", "queries - half")],
    ),
    "scores that are not divided": ("circuits", qk_is_the_scores,
                                    [(" * config.score_scale", "")]),
}  # fmt: skip


def copy_of(name, texts):
    planted = Planted(name, texts)
    return planted, planted.load("inspect"), make(package=planted)


def test_the_right_text_has_every_property():
    planted, inspect, _ = copy_of("nothing", {})
    for check in PROPERTIES:
        check(inspect, make(package=planted))
    planted.forget()


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_noticed(mistake):
    file, check, edits = PLANTED[mistake]
    text = source(f"inspect/{file}.py")
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    planted, inspect, model = copy_of(mistake, {f"inspect/{file}.py": text})
    with pytest.raises((AssertionError, ValueError)) as caught:
        check(inspect, model)
    own = mistake == "attribution's own check"
    assert isinstance(caught.value, ValueError) == own, caught.value
    planted.forget()
