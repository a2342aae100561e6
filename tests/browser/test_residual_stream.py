"""The residual stream in a real browser: its numbers are those that were measured."""

import pytest

from tinytx.config import GPTConfig
from tinytx.figures import ResidualStream
from tinytx.figures.residual_stream import default_grid, three
from tinytx.inspect import residual_norms

from .pages import LOOKS, drag, overflow, press
from .samples import status


def drawn(page):
    """Return the numbers in the diagram: the stream from the bottom up, and the branches."""
    stream, branches = page.evaluate(
        """() => {
          const root = document.querySelector("[data-figure]").shadowRoot;
          const read = (what) => [...root.querySelectorAll(`.diagram ${what}`)]
            .map((one) => one.textContent);
          return [read("text.number"), read("tspan.number")];
        }"""
    )
    return stream, branches


def run_of(layers, norm, std, scaled):
    for run in default_grid():
        kind = run.config.norm if run.residual else "none"
        key = (run.config.n_layer, kind, run.config.init_std, run.scaled)
        if key == (layers, norm, std, scaled):
            return run
    raise LookupError


def test_by_mouse(show, visited):
    page = show(ResidualStream())
    run = run_of(32, "pre", 0.02, True)
    assert drawn(page) == (list(map(three, run.stream[:3])), list(map(three, run.added[:2])))
    page.get_by_label("8", exact=True).check()
    page.get_by_label("post-norm").check()
    page.get_by_label("0.02", exact=True).check()
    page.get_by_label("gradient", exact=True).check()
    run = run_of(8, "post", 0.02, False)
    assert drawn(page) == (list(map(three, run.dstream[:3])), list(map(three, run.dadded[:2])))
    low, high, grown, loss, _ = page.locator(".numbers dd").all_inner_texts()
    assert (low, high, loss) == tuple(map(three, (run.dstream[0], run.dstream[-1], run.loss)))
    assert float(grown[2:]) == pytest.approx(run.dstream[0] / run.dstream[-1], rel=0.02)
    box = page.locator(".chart-plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 5.5 / 8, box["y"] + 50)
    assert drawn(page)[0] == list(map(three, run.dstream[10:13]))
    assert page.get_by_role("slider").input_value() == "5"
    assert status(page).startswith(f"Block 5: gradient {three(run.dstream[12])} above, ")
    drag(page, page.locator(".chart-plot"), (0.5 / 8, 2.5 / 8, 6.5 / 8))
    assert page.get_by_role("slider").input_value() == "6"
    visited(page).assert_clean()


def test_by_keyboard(show):
    page = show(ResidualStream())
    press(page, "Tab", "Tab", "Tab", "ArrowRight", "ArrowRight", "Tab")  # no residual
    press(page, "ArrowRight", "ArrowRight", "Tab", "End")  # 0.125; the last block
    run = run_of(32, "none", 64**-0.5, False)
    assert drawn(page)[0] == list(map(three, run.stream[62:65]))
    assert page.locator(".gap").count() == 2
    assert page.locator(".joint").count() == 0
    assert status(page).startswith(
        f"Block 31: stream {three(run.stream[62])} below; attention gives"
    )


def test_one_measurement_has_no_choices_but_what_to_show(show):
    sizes = {"vocab_size": 9, "context_length": 5, "n_head": 2, "d_model": 6}
    run = residual_norms(GPTConfig(**sizes, n_layer=1))
    page = show(ResidualStream(run))
    assert page.locator("fieldset").count() == 1
    assert page.get_by_role("slider").count() == 0
    assert drawn(page) == (list(map(three, run.stream)), list(map(three, run.added)))


def test_fewer_blocks_keep_the_chosen_one_in_range(show):
    page = show(ResidualStream())
    page.get_by_role("slider").fill("20")
    page.get_by_label("4", exact=True).check()
    run = run_of(4, "pre", 0.02, True)
    assert drawn(page)[0] == list(map(three, run.stream[6:]))
    assert page.get_by_role("slider").input_value() == "3"


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(ResidualStream(), theme=theme, width=width)
    assert axe(page) == []
    page.get_by_label("gradient", exact=True).check()
    page.get_by_label("post-norm").check()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()
