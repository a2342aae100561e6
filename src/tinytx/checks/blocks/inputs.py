"""Functions that ``pre_norm`` is handed, and configurations that ``count_parameters`` is asked."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from ...config import GPTConfig


class Part:
    """A function of one array, which is shown as the lambda that it was made of.

    >>> Part("x + 1"), Part("x + 1")(2)
    (lambda x: x + 1, 3)
    """

    def __init__(self, code: str):
        self.__name__ = f"lambda x: {code}"
        self.__doc__ = ""  # its name says all there is to say
        self.call = eval(self.__name__, {"np": np})

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return what the code makes of ``x``."""
        return self.call(x)

    def __repr__(self) -> str:
        return self.__name__


class Config(GPTConfig):
    """A configuration that is shown without the fields that are as usual.

    >>> Config(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6, bias=False)
    GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6, bias=False)
    """

    def __repr__(self) -> str:
        usual = {"d_head": self.d_model // self.n_head, "d_ff": 4 * self.d_model}
        given = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != usual.get(field.name, field.default)
        }
        return f"GPTConfig({', '.join(f'{name}={value!r}' for name, value in given.items())})"
