"""The running example goes through the book with the same numbers: "a cat", from ids to a sample.

Each number is computed anew by the package and looked for in the stored outputs of every chapter
that shows it: what one chapter prints is what a later one starts from. The drawing at the end of
each chapter says what the one before said, and more. And a number in prose is one that a cell of
the chapter shows, or a cell of the chapter that the paragraph names.
"""

from __future__ import annotations

import doctest
import json
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tinytx import example
from tinytx.bugs.recording import recordings
from tinytx.figures import Pipeline
from tinytx.figures.pipeline import CHAPTERS
from tinytx.generation import generate
from tinytx.inspect import capture
from tinytx.manual import SGD, cross_entropy_backward, cross_entropy_forward

BOOK = Path(__file__).parent.parent / "book"
FILES = {int(path.name[:2]): path for path in sorted(BOOK.glob("chapters/*.ipynb"))}
RATE = 0.01  # of chapter 7's first step

# Numbers in prose that are no output of a cell, and where they come from.
MEASURED = {(8, "0.001"): lambda: recordings()["targets not shifted"].train[:, -1].mean()}

NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})*(?:\.\d*)?(?:e[-+]\d+)?(?!\w)( ?%)?")


# --- what a chapter shows


@cache
def cells(chapter: int) -> list[dict]:
    """Return a chapter's cells."""
    return json.loads(FILES[chapter].read_text(encoding="utf-8"))["cells"]


@cache
def outputs(chapter: int) -> str:
    """Return the text of a chapter's outputs: what was printed, and what figures say in words."""
    return "\n".join(
        "".join(output.get("text", [])) + "".join(output.get("data", {}).get("text/plain", []))
        for cell in cells(chapter)
        for output in cell.get("outputs", [])
    )


@cache
def prose(chapter: int) -> list[str]:
    """Return a chapter's paragraphs, addresses left out."""
    text = ["".join(cell["source"]) for cell in cells(chapter) if cell["cell_type"] == "markdown"]
    plain = re.sub(r"\]\(https?:[^)]*\)", "]", "\n\n".join(text))
    return re.split(r"\n\s*\n|\n(?=[-*|] )", plain)


@cache
def code(chapter: int) -> str:
    """Return a chapter's code."""
    sources = ("".join(cell["source"]) for cell in cells(chapter) if cell["cell_type"] == "code")
    return "\n".join(sources)


def value(text: str) -> float:
    """Return the number that ``text`` says: ``−1.5``, ``1,024``, ``38.0 %`` of one."""
    number = float(text.replace("−", "-").replace(",", "").rstrip(" %"))
    return number / 100 if text.endswith("%") else number


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, in order.

    >>> numbers("a [0.  -1.5], 12 of 1,024 or 38.0 %; x2")
    [0.0, -1.5, 12.0, 1024.0, 0.38]
    """
    return [value(found[0]) for found in NUMBER.finditer(text)]


def shows(text: str, expected: np.ndarray, digits: int) -> bool:
    """Return whether a text has the numbers, rounded, one after the other.

    >>> shows("loss 0.4793, then [1. 2.]", np.array([0.47927, 1, 2]), 4)
    True
    >>> shows("loss 0.4793, then [1. 2.]", np.array([0.4794, 1, 2]), 4)
    False
    """
    want = np.round(np.ravel(expected), digits).tolist()
    have = numbers(text)
    n = len(want)
    return any(np.allclose(have[at : at + n], want, rtol=0, atol=1e-9)
               for at in range(len(have) - n + 1))  # fmt: skip


# --- what the package computes


@cache
def computed() -> dict[str, np.ndarray]:
    """Return the running example's numbers, by name, from the NumPy engine."""
    ids, targets = np.array([example.ids()]), np.array([example.targets()])
    x, state, model = example.x(), example.weights(), example.model()
    q, k, v = (x @ state[f"blocks.0.attn.{name}_proj.weight"][:3].T for name in "qkv")
    scores = q[4] @ k.T / np.sqrt(3)
    weights = np.exp(scores) / np.exp(scores).sum()
    with capture(model) as seen:
        logits = model.forward(ids)
    loss, saved = cross_entropy_forward(logits, targets)
    model.backward(cross_entropy_backward(1.0, saved))
    weight = dict(model.named_parameters())["blocks.0.mlp.down_proj.weight"]
    slope = weight.grad[0, 1]
    count = sum(parameter.data.size for _, parameter in model.named_parameters())
    SGD(model.parameters(), RATE).step()
    after, _ = cross_entropy_forward(model.forward(ids), targets)
    return {
        "ids": ids[0],
        "targets": np.stack([ids[0], targets[0]], axis=1),
        "embedding of a": state["tok_emb.weight"][1],
        "vectors": x,
        "vector of t": x[4],
        "scores of t": scores,
        "weights of t": weights,
        "first head at t": weights @ v,
        "unit 1 at t": seen["blocks.0.mlp.act"][0, 4, 1],
        "block at t": seen["blocks.0"][0, 4],
        "logits at t": logits[0, -1],
        "likeliest": np.exp(logits[0]).max(-1) / np.exp(logits[0]).sum(-1),
        "chances at t": np.exp(logits[0, -1]) / np.exp(logits[0, -1]).sum(),
        "loss": loss,
        "a guess": np.log(len(state["tok_emb.weight"])),
        "slope": slope,
        "parameters": np.array(count),
        "weight after a step": np.array(2 - RATE * slope),
        "loss after a step": after,
    }


# What is followed: its name, to how many digits, and the chapters that show it.
THREAD = [
    ("ids", 0, (1, 2)),
    ("targets", 0, (1,)),
    ("embedding of a", 4, (2,)),
    ("vectors", 4, (2, 3, 5)),
    ("vector of t", 4, (2, 3, 5, 13)),
    ("scores of t", 4, (3,)),
    ("weights of t", 4, (3, 4)),
    ("first head at t", 4, (3, 4)),
    ("unit 1 at t", 4, (5, 6)),
    ("block at t", 2, (5, 6, 7, 9)),
    ("logits at t", 4, (5, 9)),
    ("likeliest", 2, (5,)),
    ("chances at t", 4, (6, 9)),
    ("loss", 4, (5, 6, 7, 9, 14)),
    ("loss", 6, (6,)),
    ("a guess", 4, (5,)),
    ("slope", 6, (6, 7, 9)),
    ("parameters", 0, (6, 7, 14)),
    ("weight after a step", 6, (7,)),
    ("loss after a step", 4, (7, 9)),
]


@pytest.mark.parametrize(
    ("name", "digits", "chapter"),
    [(name, digits, chapter) for name, digits, chapters in THREAD for chapter in chapters],
)
def test_a_chapter_shows_the_number(name, digits, chapter):
    assert shows(outputs(chapter), computed()[name], digits)


def test_each_number_is_followed():
    assert {name for name, _, _ in THREAD} == set(computed())


def test_each_of_the_first_seven_chapters_starts_from_the_one_before():
    for chapter in range(2, 8):
        shared = [name for name, _, chapters in THREAD if chapter in chapters
                  and any(earlier < chapter for earlier in chapters)]  # fmt: skip
        assert shared or chapter == 2, f"chapter {chapter} shows no number of an earlier one"


def test_the_parts_of_the_spaces_logit_make_it_up():
    cell = next(cell for cell in cells(10) if "shares = {" in "".join(cell["source"]))
    text = "".join("".join(output.get("text", [])) for output in cell["outputs"])
    parts = [float(part) for part in re.findall(r": (-?\d+\.\d+)", text)]
    assert len(parts) == 4
    assert sum(parts) == pytest.approx(computed()["logits at t"][0], abs=2e-4)


def test_the_sampled_text_is_what_the_model_samples():
    sampled = generate(example.model().eval(), [example.ids()], 2, rng=3)
    assert example.tokenizer().decode(sampled[0].tolist()) in outputs(9)


# --- the drawing that closes each chapter


def drawing(chapter: int) -> str:
    """Return the words of the drawing at a chapter's end."""
    found = [
        "".join(output["data"]["text/plain"])
        for cell in cells(chapter)
        for output in cell.get("outputs", [])
        if "".join(output.get("data", {}).get("text/plain", [])).startswith("Pipeline: ")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("chapter", FILES)
def test_the_drawing_is_the_packages(chapter):
    named = re.search(r"^Pipeline\(\"(\w+)\"\)", code(chapter), re.M)[1]
    assert CHAPTERS[named] <= chapter
    assert CHAPTERS[named] == max(number for number in CHAPTERS.values() if number <= chapter)
    assert drawing(chapter) == str(Pipeline(named))


def test_each_drawing_says_what_the_one_before_said():
    before: set[str] = set()
    for chapter in FILES:
        lines = drawing(chapter).splitlines()[1:]
        here = {line[2:] for line in lines if not line.startswith("  to come")}
        assert before <= here
        before = here
    assert len(before) == 10


# --- numbers in prose


QUOTED = re.compile(r"(?<![\w.,])[-−]?\d+\.\d{2,}(?![\d.]*\d)")


def said(chapter: int, number: str) -> bool:
    """Return whether a chapter's outputs or code say a number, its sign left out, as exactly."""
    digits = len(number.partition(".")[2])
    want = abs(value(number))
    have = numbers(outputs(chapter)) + numbers(code(chapter))
    return any(abs(round(abs(one), digits) - want) < 1e-9 for one in have)


def chapters_named(text: str) -> set[int]:
    """Return the numbers of the chapters that a text names."""
    return {int(number) for number in re.findall(r"[Cc]hapter (\d+)", text)} & set(FILES)


@pytest.mark.parametrize("chapter", FILES)
def test_a_number_in_prose_is_shown_by_a_cell(chapter):
    unshown = []
    for paragraph in prose(chapter):
        for number in QUOTED.findall(paragraph):
            if (chapter, number) in MEASURED:
                assert round(MEASURED[chapter, number](), len(number) - 2) == float(number)
            elif not any(said(at, number) for at in {chapter, *chapters_named(paragraph)}):
                unshown.append((number, paragraph))
    assert not unshown


def quotations() -> list[tuple[int, int, str]]:
    """Return the numbers of four digits that a sentence quotes from another chapter."""
    return [
        (chapter, named, number)
        for chapter in FILES
        for paragraph in prose(chapter)
        for sentence in re.split(r"(?<=[.!?;])\s", paragraph)
        for named in chapters_named(sentence) - {chapter}
        for number in re.findall(r"(?<![\w.,])[-−]?\d+\.\d{4}(?!\d)", sentence)
    ]


@pytest.mark.parametrize(("chapter", "named", "number"), quotations())
def test_a_quoted_number_is_in_the_chapter_that_is_named(chapter, named, number):
    assert any(abs(round(one, 4) - value(number)) < 1e-9 for one in numbers(outputs(named))), (
        f"chapter {chapter} quotes {number} from chapter {named}"
    )


def test_numbers_are_quoted():
    found = quotations()
    assert (6, 5, "0.4793") in found
    assert (7, 6, "−0.0346") in found
    assert sum(len(QUOTED.findall(p)) for chapter in FILES for p in prose(chapter)) > 150


# --- the tests can fail


@pytest.mark.parametrize(
    ("old", "new", "name", "digits", "chapter"),
    [
        ("0.4793", "0.4794", "loss", 4, 5),
        ("0.0387", "0.0388", "weights of t", 4, 4),
        ("-0.034577", "-0.034578", "slope", 6, 6),
        ("430", "431", "parameters", 0, 14),
    ],
)
def test_another_number_is_found_out(old, new, name, digits, chapter):
    changed = outputs(chapter).replace(old, new).replace(old.replace("-", "−"), new)
    assert not shows(changed, computed()[name], digits)


def test_a_number_that_no_cell_shows_is_found_out():
    assert said(5, "0.4793")
    assert not said(5, "0.4795")


def test_examples():
    results = doctest.testmod(sys.modules[__name__])
    assert results.attempted
    assert not results.failed
