"""The memory planner without a browser: its bytes are those of the formulas."""

import re

import pytest

from tinytx.config import GPTConfig
from tinytx.figures import MemoryPlanner
from tinytx.figures.memory_planner import ASK, CARDS, least_ranks, told
from tinytx.figures.parameter_explorer import amount
from tinytx.scale.known import KNOWN
from tinytx.scale.memory import model_states, plan

HOSTILE = "</script><img src=x onerror=alert(1)>"


def small(**changes):
    return GPTConfig(
        **{
            "vocab_size": 11,
            "context_length": 8,
            "n_layer": 1,
            "n_head": 2,
            "d_model": 4,
            **changes,
        }
    )


def test_words_and_fallback_say_the_same_bytes():
    figure = MemoryPlanner()
    words, page = str(figure), figure.fallback()
    for name, config in KNOWN.items():
        assert (
            f"\n{name}, {amount(sum(config.parameter_counts().values()), '')} parameters" in words
        )
        T = min(1024, config.context_length)
        for ranks, stage in ((1, 0), (8, 1), (8, 2), (8, 3)):
            one = plan(config, 1, T, ranks=ranks, stage=stage, checkpointing=True)
            assert told(one) in words.split(f"\n{name}, ")[-1].split("parameters")[1]
            assert f"<td>{amount(round(one.total), 'B')}</td>" in page


def test_the_questions_have_answers():
    asked = {"T": 4096, "checkpointing": True}
    config = KNOWN["Llama 2 7B"]
    assert least_ranks(config, 24, stage=2, **asked) == 12
    assert least_ranks(config, 24, stage=3, **asked) == 5
    # Stage 1 leaves weights and gradients whole, 4 bytes a parameter: more than 24 GB alone.
    n = sum(config.parameter_counts().values())
    forever = model_states(n, 10**9, 1)
    assert forever.weights + forever.gradients == 4 * n > 24e9
    assert least_ranks(config, 24, stage=1, **asked) is None


def test_told_names_the_cards_that_hold_it():
    none = plan(KNOWN["Llama 2 70B"])
    assert told(none).endswith("fits in none of 24, 80, 141 GB")
    assert told(plan(small())).endswith("fits in 24 GB, 80 GB, 141 GB")
    assert CARDS == (24, 80, 141)


def test_the_question_stands_only_where_its_model_does():
    assert ASK in str(MemoryPlanner())
    assert ASK not in str(MemoryPlanner({"mine": small()}))
    assert "How much?" in str(MemoryPlanner({"mine": small()}, ask="How much?"))


def test_it_is_the_same_every_time_and_small():
    assert MemoryPlanner()._repr_html_() == MemoryPlanner()._repr_html_()
    assert len(MemoryPlanner()._repr_html_()) < 40_000


def test_user_text_cannot_leave_its_place():
    page = MemoryPlanner({HOSTILE: small()}, ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


@pytest.mark.parametrize(
    ("models", "message"),
    [({}, "models is empty"), ({"a": 7}, "models['a'] is int and must be a GPTConfig")],
)
def test_wrong_input_gets_one_clear_line(models, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        MemoryPlanner(models)
    assert str(caught.value).startswith("MemoryPlanner: ")
