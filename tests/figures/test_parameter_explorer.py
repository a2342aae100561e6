"""The parameter explorer without a browser: its words and tables against the package's counts."""

import re

import pytest

from tinytx import example
from tinytx.config import GPTConfig
from tinytx.figures import ParameterExplorer
from tinytx.figures.parameter_explorer import amount, models
from tinytx.inspect import parameters


def config(**changes):
    sizes = {"vocab_size": 11, "context_length": 7, "n_layer": 3, "n_head": 2, "d_model": 6}
    return GPTConfig(**{**sizes, **changes})


def test_known_models_have_the_sizes_that_their_names_say():
    totals = {name: sum(parameters(one).values()) for name, one in models().items()}
    for name, total in totals.items():
        if match := re.search(r"(\d+)([MB])$", name):
            unit = {"M": 10**6, "B": 10**9}[match[2]]
            assert abs(total / unit - int(match[1])) < 1, name
    model = example.model()
    assert totals["running example"] == sum(p.data.size for p in model.parameters())


@pytest.mark.parametrize(
    "changes", [{}, {"tie_weights": False}, {"bias": False, "norm": "post"}, {"d_ff": 10}]
)
def test_words_and_fallback_have_the_counts_of_the_package(changes):
    figure = ParameterExplorer(config(**changes))
    parts = parameters(config(**changes))
    for part, count in parts.items():
        assert re.search(rf"  {part} +{count:,} +[\d.]+ %$", str(figure), re.MULTILINE)
        assert f'<th scope="row">{part}</th><td>{count:,}</td>' in figure.fallback()
    assert f"\n{sum(parts.values()):,} parameters\n" in str(figure)
    assert f": {sum(parts.values()):,} parameters." in figure.fallback()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"),
     (999_499, "999 kB"), (999_500, "1.00 MB"), (123_456_789_012_345, "123 TB")],
)  # fmt: skip
def test_amounts_have_three_digits(value, text):
    assert amount(value, "B") == text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (12, "ParameterExplorer: config is int and must be a GPTConfig, such as model.config"),
        (config(norm_kind="rms"), "config.norm_kind is 'rms' and must be 'layer'"),
        (config(qk_norm=True), "config.qk_norm is True and must be False"),
        (config(activation="swiglu"), "config.activation is 'swiglu' and must be another"),
        (config(n_expert=2), "config.n_expert is 2 and must be None"),
        (config(n_kv_head=1), "config.n_kv_head is 1 and must be None"),
        (config(qkv_bias=False), "config.qkv_bias is False and must be None"),
        (config(d_head=5), "config.d_head is 5 and must be d_model / n_head = 6 / 2"),
        (config(vocab_size=10**13), "parameters or positions, the limit is 10,000,000,000,000"),
    ],
)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        ParameterExplorer(wrong)
    assert "\n" not in str(caught.value)
