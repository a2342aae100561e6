"""The running example: its sizes tell transposes apart, and it does what the chapters say of it."""

import numpy as np
import torch

from tinytx import example
from tinytx.manual import cross_entropy_forward


def test_all_sizes_differ():
    c = example.config()
    sizes = [
        c.vocab_size, c.context_length, len(example.ids()), c.d_model, c.d_ff, c.n_head, c.d_head
    ]  # fmt: skip
    assert len(set(sizes)) == len(sizes)


def test_weights_are_round_and_tell_tokens_apart():
    for name, value in example.weights().items():
        assert np.array_equal(value * 2, np.round(value * 2)), name
    tokens = example.weights()["tok_emb.weight"]
    assert len(np.unique(tokens, axis=0)) == len(tokens)


def test_x_is_what_enters_the_first_block():
    model = example.model()
    assert np.array_equal(
        model.pos_emb.forward(model.tok_emb.forward(np.array([example.ids()])))[0], example.x()
    )


def test_model_says_what_comes_next():
    logits = example.model().eval().forward(np.array([example.ids()]))
    loss, _ = cross_entropy_forward(logits, np.array([example.targets()]))
    assert logits[0].argmax(-1).tolist() == example.targets()
    assert loss < np.log(example.config().vocab_size) / 4


def test_the_engines_agree():
    ids = np.array([example.ids()])
    twin = example.twin().eval()(torch.tensor(ids)).detach().numpy()
    assert np.allclose(example.model().eval().forward(ids), twin, rtol=1e-12)
