"""Several documents in a row: each gets what it gets alone, in both engines, gradients included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.data.packing import NOBODY, fitted
from tinytx.manual import documents as np_documents
from tinytx.pytorch import documents as torch_documents

KINDS = {
    "learned": {},
    "rotary": {"positions": "rotary"},
    "sinusoidal": {"positions": "sinusoidal"},
    "none": {"positions": "none"},
    "window and sinks": {"positions": "rotary", "window": 3, "sinks": 2},
    "not causal": {"causal": False},
    "groups": {"n_kv_head": 1, "norm_kind": "rms", "activation": "swiglu"},
    "padding": {"padding_id": 0},
}
T, V = 12, 11


def twins(kind):
    config = GPTConfig(
        vocab_size=V, context_length=T, n_layer=2, n_head=2, d_model=8, **KINDS[kind]
    )
    model = manual.GPT(config, np.random.default_rng(1), np.float64)
    for parameter in model.parameters():  # fresh weights are too small for a leak to be large
        parameter.data[:] = np.random.default_rng(parameter.data.size).normal(
            0, 0.5, parameter.data.shape
        )
    twin = pytorch.GPT(config, dtype=torch.float64)
    twin.load_state_dict(model.state_dict())
    return model, twin


def rows(seed=0):
    rng = np.random.default_rng(seed)
    return fitted([rng.integers(1, V, n) for n in (6, 5, 7, 8, 4, 13)], T)


def places(packed):
    """Yield the row, the number and the places of each document."""
    for b, row in enumerate(packed.documents):
        for number in set(row) - {NOBODY}:
            yield b, number, row == number


@pytest.mark.parametrize("kind", KINDS)
def test_each_document_gets_the_logits_that_it_has_alone(kind):
    model, twin = twins(kind)
    packed = rows()
    logits = model.forward(packed.ids, documents=packed.documents)
    theirs = twin(torch.tensor(packed.ids), documents=torch.tensor(packed.documents))
    np.testing.assert_allclose(theirs.detach().numpy(), logits, rtol=1e-10, atol=1e-12)
    for b, _, here in places(packed):
        alone = model.forward(packed.ids[b : b + 1, here])[0]
        np.testing.assert_allclose(logits[b, here], alone, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["learned", "rotary"])
def test_without_the_mask_it_reads_its_neighbour(kind):
    model, _ = twins(kind)
    packed = rows()
    real = packed.documents != NOBODY
    right = model.forward(packed.ids, documents=packed.documents)
    leak = np.abs(model.forward(packed.ids) - right)
    first = np.zeros_like(real)
    first[:, 0] = True
    assert leak[real & ~first].max() > 0.1  # the largest logit is a few
    for b, _, here in places(packed):
        if here[0]:  # whoever comes first in a row has nobody to read
            assert leak[b, here].max() < 1e-12


def test_without_new_positions_learned_ones_are_others():
    model, _ = twins("learned")
    packed = rows()
    real = packed.documents != NOBODY
    mask = np_documents.document_mask(packed.documents)
    right = model.forward(packed.ids, documents=packed.documents)
    assert np.abs(model.forward(packed.ids, mask) - right)[real].max() > 0.1


def test_rotary_positions_need_not_begin_anew():
    model, _ = twins("rotary")
    packed = rows()
    right = model.forward(packed.ids, documents=packed.documents)
    masked = model.forward(packed.ids, np_documents.document_mask(packed.documents))
    np.testing.assert_allclose(masked, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_the_documents_alone_and_of_autograd(kind):
    """A random cotangent for every real position, packed and one by one."""
    model, twin = twins(kind)
    packed = rows()
    real = packed.documents != NOBODY
    dlogits = np.random.default_rng(3).normal(size=(*packed.ids.shape, V)) * real[..., None]
    model.zero_grad()
    model.forward(packed.ids, documents=packed.documents)
    model.backward(dlogits)
    together = {name: p.grad.copy() for name, p in model.named_parameters()}

    out = twin(torch.tensor(packed.ids), documents=torch.tensor(packed.documents))
    out.backward(torch.tensor(dlogits))
    scale = max(np.abs(grad).max() for grad in together.values())
    for name, parameter in twin.named_parameters():
        np.testing.assert_allclose(
            parameter.grad.numpy(), together[name], rtol=1e-10, atol=1e-12 * scale, err_msg=name
        )

    model.zero_grad()
    for b, _, here in places(packed):
        model.forward(packed.ids[b : b + 1, here])
        model.backward(dlogits[b : b + 1, here])
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(
            parameter.grad, together[name], rtol=1e-10, atol=1e-12 * scale, err_msg=name
        )


def test_the_fused_kernel_and_the_formula_agree():
    _, twin = twins("window and sinks")
    packed = rows()
    ids, numbers = torch.tensor(packed.ids), torch.tensor(packed.documents)
    seen: list[torch.Tensor] = []
    slow = twin(ids, documents=numbers, weights=seen)
    torch.testing.assert_close(twin(ids, documents=numbers), slow, rtol=1e-10, atol=1e-12)
    other = numbers[:, None, :, None] != numbers[:, None, None, :]
    assert max(float((weights.detach() * other).max()) for weights in seen) == 0


def test_a_number_that_comes_again_is_another_document():
    numbers = np.array([[5, 5, 3, 5, 5, 5]])
    assert np_documents.document_places(numbers).tolist() == [[0, 1, 0, 0, 1, 2]]
    other = np.array([[0, 0, 1, 2, 2, 2]])
    np.testing.assert_array_equal(
        np_documents.document_mask(numbers), np_documents.document_mask(other)
    )


@pytest.mark.parametrize(
    "options", [{}, {"window": 2}, {"window": 2, "sinks": 1}, {"causal": False}]
)
def test_the_masks_of_both_engines_are_the_same(options):
    numbers = np.random.default_rng(0).integers(0, 3, (4, 9))
    np.testing.assert_array_equal(
        torch_documents.document_mask(torch.tensor(numbers), **options).numpy(),
        np_documents.document_mask(numbers, **options),
    )
    np.testing.assert_array_equal(
        torch_documents.document_places(torch.tensor(numbers)).numpy(),
        np_documents.document_places(numbers),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 0}, "window is 0 and must be"),
        ({"window": 2, "sinks": -1}, "sinks is -1 and must be"),
        ({"sinks": 1}, "sinks is 1 and window is None"),
        ({"window": 2, "causal": False}, "window is 2 and causal is False"),
    ],
)
def test_a_window_that_no_configuration_has_is_refused(options, message):
    numbers = np.zeros((1, 3), int)
    with pytest.raises(ValueError, match=message):
        np_documents.document_mask(numbers, **options)
    with pytest.raises(ValueError, match=message):
        torch_documents.document_mask(torch.tensor(numbers), **options)


def test_one_document_is_what_no_documents_are():
    model, twin = twins("learned")
    ids = rows().ids
    same = np.zeros_like(ids)
    np.testing.assert_allclose(model.forward(ids, documents=same), model.forward(ids), atol=1e-13)
    with torch.no_grad():
        found = twin(torch.tensor(ids), documents=torch.tensor(same))
        torch.testing.assert_close(found, twin(torch.tensor(ids)), rtol=1e-12, atol=1e-13)


class Kept:
    """As much of a KV cache as is looked at before it is refused."""

    length = 0


def test_documents_that_cannot_be_used_are_refused_in_one_line():
    model, twin = twins("learned")
    ids = rows().ids
    for call, make in ((model.eval().forward, np.asarray), (twin.eval(), torch.tensor)):
        with pytest.raises(ValueError, match="the shape of ids"):
            call(make(ids), documents=make(ids[:1]))
        with pytest.raises(ValueError, match=r"documents is .*float64"):
            call(make(ids), documents=make(ids * 1.0))
        with pytest.raises(ValueError, match="documents is given with a cache"):
            call(make(ids), cache=Kept(), documents=make(ids))


def test_places_ask_for_rows_of_integers():
    for module, make in ((np_documents, np.asarray), (torch_documents, torch.tensor)):
        for ask in (module.document_places, module.document_mask):
            with pytest.raises(
                ValueError, match=r"^documents has shape \(3,\) and must have \(B, T"
            ):
                ask(make([7, 7, 8]))
            with pytest.raises(ValueError, match=r"^documents is list and must be"):
                ask([[7, 7, 8]])
