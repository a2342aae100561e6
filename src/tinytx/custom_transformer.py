r"""A decoder-only transformer in raw tensors on one page, with every derivative written out.

Nothing here is a layer, and autograd is not used. If you know a fully connected network, you know
half of it. There, ``y = x W^T + b``, and backwards, with ``dy`` for "the loss's derivative by y"::

    dW = dy^T x        each weight met one input and passed it to one output
    db = sum of dy     the bias was added to every row
    dx = dy W          what went out through W comes back through W

A transformer multiplies by matrices all the time, so these three lines do most of the work
(:meth:`~CustomTransformer.linear_backward`). What is new, each from a rule that you know:

==================  ================================================================================
embedding           a fully connected layer on one-hot rows, so ``dW = onehot^T dy``: each row of
                    the table collects the gradients of all places where its id stood
                    (``index_add_``, since an id can stand in many)
positions           a bias, another one for each position: ``dW`` is the sum over the batch
residual sum        ``x + f(x)``: the gradient goes both ways, so the two parts add up. The ``x``
                    that runs through all blocks and is only added to is the residual stream
layer norm          brings each row to mean 0 and variance 1, so that the next product meets numbers
                    of one size. Its derivative is the chain rule, in small steps
attention           each position asks (q), offers a key (k) and holds a value (v). ``q k^T`` says
                    how well each key answers each question, softmax makes shares of it, and
                    ``weights v`` is the mean of the values by these shares. Both are products in
                    which both factors are computed, and the rule for ``dW`` and ``dx`` holds for
                    each factor. Heads do this several times side by side, each on a part of D
softmax, in rows    every weight of a row depends on every score of it
causal mask         a score of -inf becomes a weight of 0, so nobody reads what comes later.
                    Softmax's rule multiplies by the weight: backwards the mask needs no line
GELU                like ReLU, an activation with its own slope
==================  ================================================================================

Letters in shapes: B texts in a batch, T positions, D numbers for each (``d_model``), H heads of Dh
numbers (``d_head``), F numbers inside the MLP (``d_ff``), V ids (``vocab_size``). Matrices have the
names of the derivation: ``W_Q, W_K, W_V, W_O`` in attention, ``W_up, W_down`` in the MLP (W_1 and
W_2 on paper), ``gain`` and ``shift`` in the layer norms (gamma and beta). Those of the blocks are
stacked: ``parameters["W_Q"]`` is (n_layer, H * Dh, D), and ``parameters["W_Q"][i]`` is a view of
block i's.

It is the model of :mod:`tinytx.pytorch` with pre-norm, learned positions, GELU by tanh and its own
head, without dropout. With the same weights (:meth:`~CustomTransformer.load_state_dict`) its
numbers are the same, forward and backward; the same seed draws others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from .config import GPTConfig
from .pytorch.shapes import check_ids

Key = str | tuple[str, int]  # "tok_emb", or ("W_Q", block)

EPS = 1e-5
GELU_C, GELU_A = math.sqrt(2 / math.pi), 0.044715  # the slope at 0 exact; fitted (Hendrycks 2016)
NEEDED = {
    "norm": "pre", "positions": "learned", "activation": "gelu", "bias": True, "dropout": 0.0,
    "tie_weights": False, "causal": True, "padding_id": None,
}  # fmt: skip
# Every parameter: its name in the derivation, its name in the state dict, and its shape. L is
# n_layer, the blocks' weights being stacked; C is context_length; A, attention's width, is H * Dh.
# fmt: off
TABLE = {
    "tok_emb": ("tok_emb.weight", "VD"), "pos_emb": ("pos_emb.weight", "CD"),
    "gain_1": ("blocks.{}.ln_1.weight", "LD"), "shift_1": ("blocks.{}.ln_1.bias", "LD"),
    "W_Q": ("blocks.{}.attn.q_proj.weight", "LAD"), "b_Q": ("blocks.{}.attn.q_proj.bias", "LA"),
    "W_K": ("blocks.{}.attn.k_proj.weight", "LAD"), "b_K": ("blocks.{}.attn.k_proj.bias", "LA"),
    "W_V": ("blocks.{}.attn.v_proj.weight", "LAD"), "b_V": ("blocks.{}.attn.v_proj.bias", "LA"),
    "W_O": ("blocks.{}.attn.o_proj.weight", "LDA"), "b_O": ("blocks.{}.attn.o_proj.bias", "LD"),
    "gain_2": ("blocks.{}.ln_2.weight", "LD"), "shift_2": ("blocks.{}.ln_2.bias", "LD"),
    "W_up": ("blocks.{}.mlp.up_proj.weight", "LFD"), "b_up": ("blocks.{}.mlp.up_proj.bias", "LF"),
    "W_down": ("blocks.{}.mlp.down_proj.weight", "LDF"),
    "b_down": ("blocks.{}.mlp.down_proj.bias", "LD"),
    "gain_f": ("ln_f.weight", "D"), "shift_f": ("ln_f.bias", "D"),
    "W_out": ("lm_head.weight", "VD"),
}
# fmt: on


class BackpropCache:
    """What the forward pass keeps for the backward pass, and the gradients that this one finds.

    (The rest of the package says *saved* for the first, and cache for that of generation alone.)
    """

    def __init__(self) -> None:
        self._activations: dict[Key, Tensor] = {}
        self._gradients: dict[Key, Tensor] = {}

    def store_activation(self, key: Key, value: Tensor) -> None:
        """Keep an activation until the backward pass needs it."""
        self._activations[key] = value

    def get_activation(self, key: Key) -> Tensor:
        """Return an activation; ``ValueError`` if there is none."""
        if key not in self._activations:
            raise ValueError(
                f"no activation {key!r} is stored: call loss once before each backward"
            )
        return self._activations[key]

    def store_gradient(self, key: Key, value: Tensor) -> None:
        """Keep the gradient of a parameter."""
        self._gradients[key] = value

    def get_gradient(self, key: Key) -> Tensor:
        """Return the gradient of a parameter; ``ValueError`` if there is none."""
        if key not in self._gradients:
            raise ValueError(f"no gradient {key!r} is stored: run backward first")
        return self._gradients[key]

    def clear_activations(self) -> None:
        """Drop the activations: a backward pass on old ones would look right and be wrong."""
        self._activations.clear()


class CustomTransformer:
    """The model: tensors in ``parameters``, gradients in ``cache``.

    Parameters
    ----------
    config
        Sizes; the choices have to be those that this page is about.
    generator
        Draws fresh weights as GPT-2's: normal, standard deviation 0.02, and less by
        1 / sqrt(2 n_layer) for ``W_O`` and ``W_down``, the two in each block that add to the
        residual stream: 2 n_layer terms add up there.
    dtype
        Of the weights. They are drawn in float64 on the CPU, so that a seed gives the same ones
        everywhere.
    device
        Where the weights begin. They follow the ids of each forward pass.

    Raises
    ------
    ValueError
        If the configuration asks for something else.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=2, n_head=2, d_model=6,
    ...                    tie_weights=False)
    >>> model = CustomTransformer(config, torch.Generator().manual_seed(0))
    >>> ids, targets = torch.tensor([[1, 0, 2, 1]]), torch.tensor([[0, 2, 1, 7]])
    >>> losses = [model.train_step(ids, targets, lr=0.5) for _ in range(20)]
    >>> losses[-1] < losses[0]
    True
    >>> model.cache.get_gradient(("W_Q", 1)).shape
    torch.Size([6, 6])
    """

    def __init__(
        self,
        config: GPTConfig,
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ):
        for field, wanted in NEEDED.items():
            if getattr(config, field) != wanted:
                value = getattr(config, field)
                way = f"make the configuration with {field}={wanted!r}"
                raise ValueError(f"{field} is {value!r} and must be {wanted!r} here: {way}")
        self.config = config
        self.cache = BackpropCache()
        self.parameters = {
            name: _fresh(name, config, generator).to(device, dtype) for name in TABLE
        }
        length = config.context_length
        self.causal_mask = torch.ones(length, length, dtype=torch.bool, device=device).tril()

    # ---- forward -------------------------------------------------------------------------------

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits (B, T, V) of ids (B, T), on the device of ``ids``."""
        check_ids("ids", ids, self.config.vocab_size)  # -1 would silently be the last row
        T, limit = ids.shape[-1] if ids.ndim == 2 else 0, self.config.context_length
        if not 1 <= T <= limit:
            raise ValueError(f"ids has shape {tuple(ids.shape)} and must have (B, 1 to {limit})")
        self.to(ids.device)
        self.cache.clear_activations()
        self.cache.store_activation("ids", ids)
        x = self.parameters["tok_emb"][ids] + self.parameters["pos_emb"][:T]  # (B, T, D)
        for i in range(self.config.n_layer):
            x = x + self.attention(self.layer_norm(x, "1", i), i)
            x = x + self.mlp(self.layer_norm(x, "2", i), i)
        return self.linear(self.layer_norm(x, "f"), "out")

    def linear(self, x: Tensor, name: str, block: int | None = None) -> Tensor:
        """Return ``x W^T + b``: the fully connected layer. The head, ``out``, has no ``b``.

        It stores ``x``, which ``dW`` needs.
        """
        self.cache.store_activation(_key(f"x_{name}", block), x)
        y = x @ self._get(f"W_{name}", block).T
        return y if name == "out" else y + self._get(f"b_{name}", block)

    def layer_norm(self, x: Tensor, name: str, block: int | None = None) -> Tensor:
        """Bring each row to mean 0 and variance 1, then scale and shift it."""
        centred = x - x.mean(-1, keepdim=True)
        rstd = 1 / (centred.square().mean(-1, keepdim=True) + EPS).sqrt()
        xhat = centred * rstd
        self.cache.store_activation(_key(f"xhat_{name}", block), xhat)
        self.cache.store_activation(_key(f"rstd_{name}", block), rstd)
        return xhat * self._get(f"gain_{name}", block) + self._get(f"shift_{name}", block)

    def attention(self, x: Tensor, block: int) -> Tensor:
        """Let each position read from itself and those before it, in H heads at once."""
        q, k, v = (self._split(self.linear(x, name, block)) for name in "QKV")  # (B, H, T, Dh)
        T = x.shape[1]
        # A sum of Dh products of numbers of size 1 has size sqrt(Dh): large scores would leave
        # softmax with a single weight of 1, and no slope.
        scores = q @ k.mT / math.sqrt(self.config.d_head)  # (B, H, T, T); mT swaps the last two
        scores = scores.masked_fill(~self.causal_mask[:T, :T], -math.inf)
        weights = scores.softmax(-1)
        for name, value in {"q": q, "k": k, "v": v, "weights": weights}.items():
            self.cache.store_activation((name, block), value)
        return self.linear(self._merge(weights @ v), "O", block)

    def mlp(self, x: Tensor, block: int) -> Tensor:
        """Two fully connected layers with GELU between, for each position alone."""
        h = self.linear(x, "up", block)  # (B, T, F)
        self.cache.store_activation(("h", block), h)
        return self.linear(0.5 * h * (1 + torch.tanh(GELU_C * (h + GELU_A * h**3))), "down", block)

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Run forward; return the mean of ``-log probability`` of the targets (B, T)."""
        check_ids("targets", targets, self.config.vocab_size)
        if targets.shape != ids.shape:
            got, wanted = tuple(targets.shape), tuple(ids.shape)
            raise ValueError(f"targets has shape {got} and must have that of ids, {wanted}")
        log_probs = self.forward(ids).log_softmax(-1)
        self.cache.store_activation("log_probs", log_probs)
        self.cache.store_activation("targets", targets)
        return -log_probs.gather(-1, targets[..., None]).mean()  # of each row, the target's entry

    # ---- backward: each method takes the gradient back through the one of its name --------------

    def backward(self) -> None:
        """Compute the gradient of the last :meth:`loss` by every parameter, into ``cache``."""
        ids, targets = self.cache.get_activation("ids"), self.cache.get_activation("targets")
        # Softmax and cross-entropy together: what the model said, less what was right.
        dlogits = self.cache.get_activation("log_probs").exp()
        dlogits.scatter_add_(-1, targets[..., None], torch.full_like(dlogits[..., :1], -1.0))
        dlogits /= targets.numel()  # the loss is a mean
        dx = self.layer_norm_backward(self.linear_backward(dlogits, "out"), "f")
        for i in reversed(range(self.config.n_layer)):
            dx = dx + self.layer_norm_backward(self.mlp_backward(dx, i), "2", i)
            dx = dx + self.layer_norm_backward(self.attention_backward(dx, i), "1", i)
        self.embedding_backward(dx, ids)
        self.cache.clear_activations()

    def linear_backward(self, dy: Tensor, name: str, block: int | None = None) -> Tensor:
        """Store ``dW = dy^T x`` and ``db = sum of dy``; return ``dx = dy W``."""
        x = self.cache.get_activation(_key(f"x_{name}", block))
        rows = dy.flatten(0, 1)  # (B * T, out)
        self.cache.store_gradient(_key(f"W_{name}", block), rows.T @ x.flatten(0, 1))
        if name != "out":
            self.cache.store_gradient(_key(f"b_{name}", block), rows.sum(0))
        return dy @ self._get(f"W_{name}", block)

    def layer_norm_backward(self, dy: Tensor, name: str, block: int | None = None) -> Tensor:
        """Return ``dx``; store those of gain and shift. Mean and variance depend on every entry."""
        xhat = self.cache.get_activation(_key(f"xhat_{name}", block))
        rstd = self.cache.get_activation(_key(f"rstd_{name}", block))
        self.cache.store_gradient(_key(f"gain_{name}", block), (dy * xhat).sum((0, 1)))
        self.cache.store_gradient(_key(f"shift_{name}", block), dy.sum((0, 1)))
        # y = xhat gain + shift
        dxhat = dy * self._get(f"gain_{name}", block)
        # xhat = centred rstd: centred gets dxhat rstd, and by way of rstd, whose derivative by
        # centred is -rstd^3 centred / D, another -rstd xhat mean(dxhat xhat)
        dcentred = (dxhat - xhat * (dxhat * xhat).mean(-1, keepdim=True)) * rstd
        # centred = x - mean: each entry of x also moves the mean
        return dcentred - dcentred.mean(-1, keepdim=True)

    def attention_backward(self, dy: Tensor, block: int) -> Tensor:
        """Return ``dx``: what comes back through q, through k and through v, added up."""
        q, k, v, weights = (
            self.cache.get_activation((n, block)) for n in ("q", "k", "v", "weights")
        )
        dout = self._split(self.linear_backward(dy, "O", block))  # (B, H, T, Dh)
        # out = weights v: a product, and both factors get their rule
        dv = weights.mT @ dout
        dweights = dout @ v.mT  # (B, H, T, T)
        # weights = softmax(scores): weight j moves with score i by weights_j ([i = j] - weights_i),
        # and summing that over j with dweights_j gives
        dscores = weights * (dweights - (dweights * weights).sum(-1, keepdim=True))
        # scores = q k^T / sqrt(Dh)
        dscores = dscores / math.sqrt(self.config.d_head)
        dq, dk = dscores @ k, dscores.mT @ q
        parts = {"Q": dq, "K": dk, "V": dv}.items()
        return sum(self.linear_backward(self._merge(d), name, block) for name, d in parts)

    def mlp_backward(self, dy: Tensor, block: int) -> Tensor:
        """Return ``dx``; the slope of GELU is the product rule on ``0.5 h (1 + tanh)``."""
        h = self.cache.get_activation(("h", block))
        tanh = torch.tanh(GELU_C * (h + GELU_A * h**3))
        slope = 0.5 * (1 + tanh) + 0.5 * h * (1 - tanh**2) * GELU_C * (1 + 3 * GELU_A * h**2)
        return self.linear_backward(self.linear_backward(dy, "down", block) * slope, "up", block)

    def embedding_backward(self, dx: Tensor, ids: Tensor) -> None:
        """Each id's row collects from all its places, each position's from the whole batch."""
        dtok, dpos = (torch.zeros_like(self.parameters[name]) for name in ("tok_emb", "pos_emb"))
        dtok.index_add_(0, ids.flatten(), dx.flatten(0, 1))
        dpos[: ids.shape[1]] = dx.sum(0)
        self.cache.store_gradient("tok_emb", dtok)
        self.cache.store_gradient("pos_emb", dpos)

    # ---- training, and getting weights in and out ----------------------------------------------

    def update(self, lr: float) -> None:
        """Move every parameter against its gradient: plain SGD."""
        for key in _keys(self.config).values():
            self._get(*key).sub_(self.cache.get_gradient(_key(*key)), alpha=lr)

    def train_step(self, ids: Tensor, targets: Tensor, lr: float) -> float:
        """Run forward, backward and update once; return the loss before the update."""
        loss = self.loss(ids, targets)
        self.backward()
        self.update(lr)
        return loss.item()

    def to(self, device: torch.device) -> None:
        """Move the parameters and the mask, if they are elsewhere."""
        if self.causal_mask.device != device:
            self.parameters = {name: p.to(device) for name, p in self.parameters.items()}
            self.causal_mask = self.causal_mask.to(device)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights by the names that both engines use."""
        return {name: self._get(*key).clone() for name, key in _keys(self.config).items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copy the weights of either engine's model; ``ValueError`` if they do not fit."""
        keys = _keys(self.config)
        if keys.keys() != state.keys():
            raise ValueError(f"state_dict differs in {sorted(keys.keys() ^ state.keys())}")
        for name, key in keys.items():
            got, wanted = tuple(state[name].shape), tuple(self._get(*key).shape)
            if got != wanted:
                raise ValueError(f"state_dict[{name!r}] has shape {got} and must have {wanted}")
        for name, key in keys.items():
            self._get(*key).copy_(torch.as_tensor(state[name]).detach())  # no tape comes with it

    def _get(self, name: str, block: int | None) -> Tensor:
        stacked = self.parameters[name]
        return stacked if block is None else stacked[block]

    def _split(self, x: Tensor) -> Tensor:
        """Return (B, T, H * Dh) as (B, H, T, Dh)."""
        return x.unflatten(-1, (self.config.n_head, self.config.d_head)).transpose(1, 2)

    def _merge(self, x: Tensor) -> Tensor:
        """Return (B, H, T, Dh) as (B, T, H * Dh)."""
        return x.transpose(1, 2).flatten(2)


def _key(name: str, block: int | None) -> Key:
    return name if block is None else (name, block)


def _keys(config: GPTConfig) -> dict[str, tuple[str, int | None]]:
    """Return, for each name of the state dict, the name here and the block."""
    keys: dict[str, tuple[str, int | None]] = {}
    for name, (long, shape) in TABLE.items():
        for block in range(config.n_layer) if shape[0] == "L" else (None,):
            keys[long.format(block)] = (name, block)
    return keys


def _fresh(name: str, config: GPTConfig, generator: torch.Generator | None) -> Tensor:
    sizes = {
        "V": config.vocab_size, "C": config.context_length, "L": config.n_layer,
        "D": config.d_model, "F": config.d_ff, "A": config.n_head * config.d_head,
    }  # fmt: skip
    shape = tuple(sizes[letter] for letter in TABLE[name][1])
    if name.startswith(("gain", "shift", "b_")):
        return torch.full(shape, float(name.startswith("gain")), dtype=torch.float64)
    std = config.residual_std if name in ("W_O", "W_down") else config.init_std
    return std * torch.randn(shape, dtype=torch.float64, generator=generator)
