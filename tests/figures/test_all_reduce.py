"""The all-reduce animation without a browser: its steps are those of the ring."""

import re

import numpy as np
import pytest

from tinytx.figures import AllReduceAnimation
from tinytx.figures.all_reduce import BUFFERS, MANY, ring_share, shown
from tinytx.scale.ring import numbers_sent, owned, ring_steps

HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_words_and_fallback_say_every_step_and_the_sum():
    figure = AllReduceAnimation()
    words, page = str(figure), figure.fallback()
    steps = list(ring_steps([np.array(each) for each in BUFFERS]))
    assert len(steps) == 6
    for i, step in enumerate(steps):
        assert f"step {i + 1} of 6, {step.phase}: " in words
        for message in step.messages:
            line = f"{message.source} sends chunk {message.chunk} to {message.target}"
            assert line in words.split(f"step {i + 1} of 6")[1].split("\n")[0]
    whole = "1111 | 2222 | 3333 | 4444"
    assert words.count(whole) == 4
    assert page.count(f"<td>{whole}</td>") == 4
    assert (
        "each rank of the ring sends 6 numbers at most; if one collects, rank 0 sends 12" in words
    )
    assert "in a ring each sends 1.97 vectors, the one that collects 63; of 498 MB" in words
    assert "GPT-2's gradients in float32, 980 MB against 31.4 GB" in words


def test_the_questions_have_answers():
    """The ratio is n / 2; a chunk is whole after n - 1 steps, at all ranks at once, one each."""
    times = {n: (n - 1) / ring_share(n) for n in range(2, MANY + 1)}
    assert min(n for n, ratio in times.items() if ratio >= 10 - 1e-12) == 20
    for n in (2, 5, 16):
        size = 4 * n
        ring, collects = numbers_sent(n, size), numbers_sent(n, size, "one collects")
        assert max(collects) / max(ring) == pytest.approx(times[n])
        assert max(ring) / size == pytest.approx(ring_share(n))
    total = np.sum(BUFFERS, axis=0)
    whole = [
        [(rank, chunk) for rank in range(4) for chunk in range(4)
         if step.buffers[rank][chunk] == total[chunk]]
        for step in ring_steps([np.array(each) for each in BUFFERS])
    ]  # fmt: skip
    assert [len(found) for found in whole] == [0, 0, 4, 8, 12, 16]
    assert whole[2] == [(rank, owned(rank, 4)) for rank in range(4)]


def test_chunks_need_not_be_equal():
    figure = AllReduceAnimation([[1, 2, 3, 4, 5], [10, 20, 30, 40, 50], [0.5, 0, 0, 0, -1 / 3]])
    words = str(figure)
    assert "rank 2 holds 0.5 0 | 0 0 | −0.333" in words
    assert "each rank of the ring sends 7 numbers at most" in words


def test_numbers_are_short():
    assert [shown(x) for x in (0, -2, 1e9, 2.5, 0.0004)] == ["0", "−2", "1000000000", "2.5", "0"]


def test_it_is_the_same_every_time_and_small():
    assert AllReduceAnimation()._repr_html_() == AllReduceAnimation()._repr_html_()
    assert AllReduceAnimation([[1, 2], [3, 4]])._repr_html_() != AllReduceAnimation()._repr_html_()
    assert len(AllReduceAnimation()._repr_html_()) < 40_000


def test_user_text_cannot_leave_its_place():
    page = AllReduceAnimation(ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


@pytest.mark.parametrize(
    ("buffers", "message"),
    [
        ([[1, 2]], "must have one vector for each of 2 to 8 ranks"),
        (np.ones((9, 9)), "must have one vector for each of 2 to 8 ranks"),
        ([[1, 2], [3]], "one vector for each rank, all of a length"),
        ([["a", "b"], [1, 2]], "one vector for each rank, all of a length"),
        ([[1], [2]], "each rank holds 1 numbers, and that must be at least 2"),
        (np.ones((2, 17)), "and at most 16"),
        ([[1, float("nan")], [1, 2]], "a number beyond 1e9, or none at all"),
        (np.ones((2, 2, 2)), "must have one vector"),
    ],
)
def test_wrong_input_gets_one_clear_line(buffers, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        AllReduceAnimation(buffers)
    assert str(caught.value).startswith("AllReduceAnimation: ")
    assert "\n" not in str(caught.value)
