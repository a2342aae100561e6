"""The head switchboard without a browser: its record, its question, what it ships and refuses."""

import re
from itertools import combinations

import numpy as np
import pytest

from tinytx import example
from tinytx.config import GPTConfig
from tinytx.figures import HeadSwitchboard
from tinytx.figures.engine import quantized_state
from tinytx.figures.head_switchboard import ANSWER, BOOK, SHOWN
from tinytx.inspect import ablate
from tinytx.manual import GPT
from tinytx.tokenizers import BPETokenizer
from tinytx.trained import load_trained

HOSTILE = "</script><img src=x onerror=alert(1)>"
RABBIT, GIRL = "the rabbit’s turn", "the girl’s turn"
HEADS = [f"{block}.{head}" for block in range(3) for head in range(4)]


@pytest.fixture(scope="module")
def board():
    return HeadSwitchboard()


def small():
    """A model of 256 ids with weights that nobody trained, and its tokenizer."""
    config = GPTConfig(vocab_size=256, context_length=16, n_layer=2, n_head=2, d_model=8)
    return GPT(config, np.random.default_rng(0), np.float32).eval(), BPETokenizer.from_merges([])


def test_the_record_is_what_ablate_finds_with_the_weights_of_the_page(board):
    trained = load_trained("tales", np.float32)
    model = GPT(trained.model.config, np.random.default_rng(0), np.float32).eval()
    model.load_state_dict(quantized_state(trained.model))
    for key, (ids, came) in board.prompts.items():
        for part, one in board.states[key].items():
            block, _, which = part.partition(".")
            place = f"blocks.{block}.mlp" if which == "mlp" else f"blocks.{block}.attn.out.{which}"
            with ablate(model, [place] if part else []):
                logits = model.forward(np.array([ids]))[0, -1].astype(np.float64)
            probs = np.exp(logits - logits.max())
            probs /= probs.sum()
            assert one.share == pytest.approx(probs[came], rel=1e-3)
            best = [id for id, _ in one.top[:SHOWN]]
            assert {id for id, p in enumerate(probs) if p > 0.01} >= set(best[:1])
            assert [p for _, p in one.top] == pytest.approx(
                [probs[id] for id, _ in one.top], rel=1e-3
            )
            assert min(p for _, p in one.top[:SHOWN]) >= np.sort(probs)[-SHOWN] * (1 - 1e-3)


def test_the_page_has_the_digits_of_a_small_change(board):
    for one in board.data()["prompts"]:
        recorded = one["recorded"]
        for part, state in board.states[one["name"]].items():
            exact = np.log(state.share / board.states[one["name"]][""].share)
            assert recorded[part]["nats"] - recorded[""]["nats"] == pytest.approx(exact, abs=2e-6)
    assert "block 1, head 0 off: ␣Mia 99.4 %, 0.00 nats" in str(board)  # −0.0044


def share(board, key, off):
    return board.state(key, off).share


def test_two_heads_know_who_speaks(board):
    alone = {head: share(board, RABBIT, [head]) for head in HEADS}
    assert share(board, RABBIT, []) == pytest.approx(0.994, abs=5e-4)
    assert alone["2.1"] < 0.001
    assert alone["0.0"] == pytest.approx(0.13, abs=0.005)
    assert min(p for head, p in alone.items() if head not in {"0.0", "2.1"}) > 0.99
    for head, p in alone.items():
        best, _ = board.state(RABBIT, [head]).top[0]
        assert (board._visible(best) == "␣Hazel") == (p > 0.5)
    names = {board._visible(id): p for id, p in board.state(RABBIT, ["2.1"]).top}
    assert names["␣Moss"] + names["␣Bramble"] > 0.95
    assert "head 1 of block 2" in ANSWER[0]


def test_ten_of_twelve_can_be_off_and_no_other_ten(board):
    left = {
        pair: share(board, RABBIT, [head for head in HEADS if head not in pair])
        for pair in combinations(HEADS, 2)
    }
    assert len(left) == 66
    best, second, *_ = sorted(left.values(), reverse=True)
    assert left["0.0", "2.1"] == best
    assert best == pytest.approx(0.88, abs=0.005)
    assert second < 0.05
    for head in HEADS:  # eleven cannot
        assert share(board, RABBIT, [other for other in HEADS if other != head]) < 0.04
    assert share(board, RABBIT, HEADS) < 0.03


def test_when_the_girl_speaks_it_is_another_head(board):
    alone = {head: share(board, GIRL, [head]) for head in HEADS}
    assert alone["2.1"] == pytest.approx(0.9985, abs=5e-4)
    assert sorted(head for head, p in alone.items() if p < 0.5) == ["0.0", "2.0"]
    assert max(alone["0.0"], alone["2.0"]) < 0.001


def test_words_and_fallback_say_the_same(board):
    lines = str(board).splitlines()
    assert lines[1] == board.ask
    assert sum(" off: ␣" in line for line in lines) == 2 * 15
    for part, told in board._told(RABBIT):
        assert f"{part}: {told}" in lines
        assert f'<th scope="row">{part}</th><td>{told}</td>' in board.fallback()
    assert f"<p>{ANSWER[1]}</p>" in board.fallback()


def test_without_being_asked_a_page_gets_no_weights(board):
    page = board._repr_html_()
    assert len(page) < 50_000
    assert page.count("<script>") == 1
    assert board.data()["addresses"] == list(BOOK)
    assert board.data()["megabytes"] == "1.1"
    assert page == HeadSwitchboard()._repr_html_()


def test_a_model_of_ones_own_is_part_of_the_figure():
    figure = HeadSwitchboard("abc", "d", *small())
    assert figure.data()["addresses"] is None
    assert figure.parts() == ["0.0", "0.1", "0.mlp", "1.0", "1.1", "1.mlp"]
    assert figure._repr_html_().count("<script>") == 3
    assert figure.ask == ""
    own = HeadSwitchboard("abc", "d", *small(), addresses=["e.js", "w.js"])
    assert own.data()["addresses"] == ["e.js", "w.js"]
    assert own._repr_html_().count("<script>") == 1


def test_the_model_is_left_as_it_was():
    model, tokenizer = small()
    before = {name: value.copy() for name, value in model.state_dict().items()}
    HeadSwitchboard("abc", "d", model, tokenizer)
    assert all((value == before[name]).all() for name, value in model.state_dict().items())


def test_user_text_cannot_leave_its_place():
    figure = HeadSwitchboard(
        {HOSTILE: ("<img src=x>", "<")}, None, *small(), addresses=(), ask=HOSTILE, answer=[HOSTILE]
    )
    page = figure._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"prompt": ""}, "prompt 'prompt' has 0 tokens, the limit is 1 to 16"),
    ({"prompt": "x" * 17}, "prompt 'prompt' has 17 tokens, the limit is 1 to 16"),
    ({"came": ""}, "came of prompt 'prompt' is empty"),
    ({"came": None}, "came of prompt 'prompt' is empty"),
    ({"prompt": {}}, "prompt has 0 texts, the limit is 1 to 6"),
    ({"prompt": {"x": "abc"}}, "prompt 'x' must be a pair: (text, what came)"),
    ({"model": None}, "model and tokenizer belong together"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    model, tokenizer = small()
    given = {"prompt": "abc", "came": "d", "model": model, "tokenizer": tokenizer}
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        HeadSwitchboard(**(given | changes))
    assert str(caught.value).startswith("HeadSwitchboard: ")
    assert "\n" not in str(caught.value)


def test_a_model_that_the_page_cannot_run_is_refused():
    with pytest.raises(ValueError, match="give the model's own"):
        HeadSwitchboard("a", "b", example.model(), BPETokenizer.from_merges([]))
