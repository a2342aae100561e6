"""Take the README's picture: the BPE stepper of chapter 1, some merges in. Needs `make book`."""

from __future__ import annotations

from pathlib import Path

from browser import find
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "book/_build/html/chapters/01_tokenization.html"
TARGET = ROOT / "book/_static/picture.png"
STEPS = 6


def main() -> None:
    """Write book/_static/picture.png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1000}, color_scheme="light")
        page.goto(PAGE.as_uri())
        figure = page.locator(".tinytx-figure").first
        for _ in range(STEPS):
            figure.get_by_role("button", name="One step forward").click()
        figure.screenshot(path=TARGET)
        browser.close()
    print(f"written: {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
