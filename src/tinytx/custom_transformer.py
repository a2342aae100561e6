r"""A decoder-only transformer in raw tensors on one page, with every derivative written out.

Nothing here is a layer, and autograd is not used. If you know a fully connected network, you know
half of it: ``y = x W^T + b``, and backwards ``dW = dy^T x``, ``db = sum of dy``, ``dx = dy W``. The
rest comes from rules that you know, too:

- embedding: a fully connected layer on one-hot rows. Each row of the table collects the gradients
  of all places where its id stood (``index_add_``), each position's row those of the whole batch;
- residual sum: ``x + f(x)`` sends the gradient both ways, and the two parts add up;
- layer norm, GELU: the chain rule, in small steps;
- attention: two products in which both factors are computed, so both get the rule of ``dW``
  and ``dx``. Between them softmax, in which every weight of a row depends on every score of it.

The names are those of the notation: ``self["W_Q", 1]`` is :math:`W_Q` of block 1, and its gradient
is ``self.cache.get_gradient(("W_Q", 1))``. It is the model of :mod:`tinytx.pytorch` with pre-norm,
learned positions, GELU by tanh and no dropout, and with the same weights it gives the same numbers.
What is around the page (weights, checks, cache) is in :mod:`tinytx.custom_state`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .custom_state import BackpropCache, Weights, key

__all__ = ["BackpropCache", "CustomTransformer"]

EPS = 1e-5
GELU_C, GELU_A = math.sqrt(2 / math.pi), 0.044715  # Hendrycks and Gimpel 2016


class CustomTransformer(Weights):
    """The model, made from a configuration; see :class:`~tinytx.custom_state.Weights`.

    >>> from tinytx import example
    >>> model = CustomTransformer(example.config(), dtype=torch.float64)
    >>> model.load_state_dict(example.weights())
    >>> ids, targets = torch.tensor([example.ids()]), torch.tensor([example.targets()])
    >>> losses = [model.train_step(ids, targets, lr=0.1) for _ in range(20)]
    >>> round(losses[0], 4), losses[-1] < losses[0]
    (0.4793, True)
    >>> model.cache.get_gradient(("W_Q", 0)).shape
    torch.Size([6, 6])
    """

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits (B, T, V) of ids (B, T)."""
        T = self.begin(ids)
        x = self["E"][ids] + self["E_pos"][:T]  # (B, T, D)
        for i in range(self.config.n_layer):
            x = x + self.attention(self.layer_norm(x, "1", i), i)
            x = x + self.mlp(self.layer_norm(x, "2", i), i)
        return self.linear(self.layer_norm(x, "f"), "out")

    def linear(self, x: Tensor, name: str, block: int | None = None) -> Tensor:
        """Return ``x W^T + b``; the head, ``out``, has no ``b``."""
        self.cache.store_activation(key(f"x_{name}", block), x)
        y = x @ self[f"W_{name}", block].mT
        return y if name == "out" else y + self[f"b_{name}", block]

    def layer_norm(self, x: Tensor, name: str, block: int | None = None) -> Tensor:
        """Bring each row to mean 0 and variance 1, then scale and shift it."""
        centred = x - x.mean(-1, keepdim=True)
        rstd = 1 / (centred.square().mean(-1, keepdim=True) + EPS).sqrt()
        xhat = centred * rstd
        self.cache.store_activation(key(f"norm_{name}", block), (xhat, rstd))
        return xhat * self[f"gamma_{name}", block] + self[f"beta_{name}", block]

    def attention(self, x: Tensor, block: int) -> Tensor:
        """Let each position read from itself and those before it, in H heads at once."""
        q, k, v = (self.split(self.linear(x, name, block)) for name in "QKV")  # (B, H, T, Dh)
        scores = q @ k.mT / math.sqrt(self.config.d_head)  # (B, H, T, T)
        T = x.shape[1]
        weights = scores.masked_fill(~self.causal_mask[:T, :T], -math.inf).softmax(-1)
        self.cache.store_activation(("attention", block), (q, k, v, weights))
        return self.linear(self.merge(weights @ v), "O", block)

    def mlp(self, x: Tensor, block: int) -> Tensor:
        """Two fully connected layers with GELU between, for each position alone."""
        h = self.linear(x, "1", block)  # (B, T, F)
        self.cache.store_activation(("h", block), h)
        return self.linear(0.5 * h * (1 + torch.tanh(GELU_C * (h + GELU_A * h**3))), "2", block)

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Run forward; return the mean of ``-log probability`` of the targets (B, T)."""
        self.check_targets(ids, targets)
        log_probs = self.forward(ids).log_softmax(-1)
        self.cache.store_activation("loss", (log_probs, targets))
        return -log_probs.gather(-1, targets[..., None]).mean()

    def backward(self) -> None:
        """Compute the gradient of the last :meth:`loss` by every parameter, into ``cache``."""
        log_probs, targets = self.cache.get_activation("loss")
        dlogits = log_probs.exp()  # what the model said, less what was right
        dlogits.scatter_add_(-1, targets[..., None], torch.full_like(dlogits[..., :1], -1.0))
        dlogits /= targets.numel()  # the loss is a mean
        dx = self.layer_norm_backward(self.linear_backward(dlogits, "out"), "f")
        for i in reversed(range(self.config.n_layer)):
            dx = dx + self.layer_norm_backward(self.mlp_backward(dx, i), "2", i)
            dx = dx + self.layer_norm_backward(self.attention_backward(dx, i), "1", i)
        self.embedding_backward(dx)
        self.cache.clear_activations()

    def linear_backward(self, dy: Tensor, name: str, block: int | None = None) -> Tensor:
        """Store ``dW = dy^T x`` and ``db = sum of dy``; return ``dx = dy W``."""
        x, rows = self.cache.get_activation(key(f"x_{name}", block)), dy.flatten(0, 1)
        self.cache.store_gradient(key(f"W_{name}", block), rows.mT @ x.flatten(0, 1))
        if name != "out":
            self.cache.store_gradient(key(f"b_{name}", block), rows.sum(0))
        return dy @ self[f"W_{name}", block]

    def layer_norm_backward(self, dy: Tensor, name: str, block: int | None = None) -> Tensor:
        """Store the gradients of gamma and beta; return ``dx``."""
        xhat, rstd = self.cache.get_activation(key(f"norm_{name}", block))
        self.cache.store_gradient(key(f"gamma_{name}", block), (dy * xhat).sum((0, 1)))
        self.cache.store_gradient(key(f"beta_{name}", block), dy.sum((0, 1)))
        dxhat = dy * self[f"gamma_{name}", block]
        # xhat = centred rstd, and rstd depends on centred, too
        dcentred = (dxhat - xhat * (dxhat * xhat).mean(-1, keepdim=True)) * rstd
        # centred = x - mean: each entry of x also moves the mean
        return dcentred - dcentred.mean(-1, keepdim=True)

    def attention_backward(self, dy: Tensor, block: int) -> Tensor:
        """Return ``dx``: what comes back through q, through k and through v, added up."""
        q, k, v, weights = self.cache.get_activation(("attention", block))
        dout = self.split(self.linear_backward(dy, "O", block))  # (B, H, T, Dh)
        # out = weights v: a product, and both factors get their rule
        dweights, dv = dout @ v.mT, weights.mT @ dout
        # weights = softmax(scores); a hidden weight is 0, so the mask needs no line
        dscores = weights * (dweights - (dweights * weights).sum(-1, keepdim=True))
        # scores = q k^T / sqrt(Dh)
        dscores = dscores / math.sqrt(self.config.d_head)
        dq, dk = dscores @ k, dscores.mT @ q
        parts = {"Q": dq, "K": dk, "V": dv}.items()
        return sum(self.linear_backward(self.merge(d), name, block) for name, d in parts)

    def mlp_backward(self, dy: Tensor, block: int) -> Tensor:
        """Return ``dx``; the slope of GELU is the product rule on ``0.5 h (1 + tanh)``."""
        h = self.cache.get_activation(("h", block))
        tanh = torch.tanh(GELU_C * (h + GELU_A * h**3))
        slope = 0.5 * (1 + tanh) + 0.5 * h * (1 - tanh**2) * GELU_C * (1 + 3 * GELU_A * h**2)
        return self.linear_backward(self.linear_backward(dy, "2", block) * slope, "1", block)

    def embedding_backward(self, dx: Tensor) -> None:
        """Each id's row collects from all its places; a tied table is the head's weight as well."""
        ids = self.cache.get_activation("ids")
        dE, dE_pos = torch.zeros_like(self["E"]), torch.zeros_like(self["E_pos"])
        dE.index_add_(0, ids.flatten(), dx.flatten(0, 1))
        dE_pos[: ids.shape[1]] = dx.sum(0)
        if self.config.tie_weights:
            dE += self.cache.get_gradient("W_out")
        self.cache.store_gradient("E", dE)
        self.cache.store_gradient("E_pos", dE_pos)

    def update(self, lr: float) -> None:
        """Move every parameter against its gradient: plain SGD."""
        for place in self.places():
            self[place].sub_(self.cache.get_gradient(place), alpha=lr)

    def train_step(self, ids: Tensor, targets: Tensor, lr: float) -> float:
        """Run forward, backward and update once; return the loss before the update."""
        loss = self.loss(ids, targets)
        self.backward()
        self.update(lr)
        return loss.item()
