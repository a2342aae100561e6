"""The drawing at the end of every chapter, in a browser."""

from __future__ import annotations

import pytest

from tinytx.figures import Pipeline


@pytest.mark.parametrize("width", [390, 900])
def test_the_stations_stand_in_order_and_fit(show, width):
    page = show(Pipeline("multihead"), width=width)
    items = page.locator(".station")
    assert items.count() == 10
    names = [name.inner_text() for name in page.locator(".station .name").all()]
    assert names[:5] == ["text", "ids", "vectors", "attention", "heads"]
    assert page.locator(".station.lit .name").all_inner_texts() == ["heads"]
    assert "(this chapter)" in items.nth(4).text_content()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
