"""The residual stream without a browser."""

import re

import pytest

from tinytx.config import GPTConfig
from tinytx.figures import ResidualStream
from tinytx.figures.residual_stream import three
from tinytx.inspect import residual_norms


def norms(n_layer=2, norm="pre", **how):
    sizes = {"vocab_size": 9, "context_length": 5, "n_head": 2, "d_model": 6}
    return residual_norms(GPTConfig(**sizes, n_layer=n_layer, norm=norm), **how)


def test_words_hold_what_was_measured():
    run = norms()
    first, second = str(ResidualStream(run)).splitlines()[2:]
    x, dx = [list(map(three, one)) for one in (run.stream, run.dstream)]
    added, dadded = [list(map(three, one)) for one in (run.added, run.dadded)]
    assert first == (
        f"  block 0: stream {x[0]} → {x[1]} → {x[2]}, attention puts out {added[0]}, "
        f"MLP {added[1]}; gradient {dx[0]} ← {dx[1]} ← {dx[2]}, through attention {dadded[0]}, "
        f"through MLP {dadded[1]}"
    )
    assert second.startswith(f"  block 1: stream {x[2]} → {x[3]} → {x[4]}, ")


def test_the_default_grid_is_whole_and_the_same_every_time():
    figure = ResidualStream()
    data = figure.data()
    assert data["layers"] == [1, 2, 4, 8, 16, 32]
    assert [name for name, _ in data["norms"]] == ["pre", "post", "none"]
    assert [one["text"] for one in data["inits"]] == ["0.02, scaled", "0.02", "0.125"]
    shapes = {
        (len(run["stream"]), len(run["added"])) for layer in data["runs"] for norm in layer
        for run in norm
    }  # fmt: skip
    assert shapes == {(2 * L + 1, 2 * L) for L in data["layers"]}
    assert figure._repr_html_() == ResidualStream()._repr_html_()
    assert len(figure._repr_html_()) < 80_000
    assert figure.fallback().count("<tr>") == 1 + 54
    assert str(figure).count("\n") == 54


def test_data_has_three_digits():
    run = norms()
    shown = ResidualStream(run).data()["runs"][0][0][0]
    assert shown["stream"] == [pytest.approx(value, rel=5e-3) for value in run.stream]
    assert all(value == float(f"{value:.3g}") for value in shown["stream"] + shown["dadded"])


ERRORS = [
    (lambda: ResidualStream([]), "measured has 0, the limit is 1 to 120"),
    (lambda: ResidualStream([1]), "measured holds int and must hold what tinytx.inspect"),
    (lambda: ResidualStream([norms(), norms(seed=1)]), "two of one depth, norm and init"),
    (lambda: ResidualStream([norms(1), norms(2, "post")]), "lacks 1 blocks, post-norm, weights"),
    (lambda: ResidualStream(norms(65)), "a model of 65 blocks, the limit is 64"),
]


@pytest.mark.parametrize(("wrong", "message"), ERRORS)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
