"""The check of ``count_parameters(config)``: where the parameters of a model are."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake, Property
from . import counts as wrong
from .inputs import Config
from .reference import count_parameters as reference

# d_ff is never 4 D, and the sizes have no common factor that could make two mistakes meet.
SIZES = ("vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_ff")


def _config(sizes: tuple[int, ...], **choices: object) -> tuple[Config]:
    return (Config(**dict(zip(SIZES, sizes, strict=True)), **choices),)


ONE, TWO, THREE = (7, 5, 1, 1, 2, 3), (11, 9, 3, 2, 4, 13), (11, 9, 5, 3, 15, 31)
CASES = [
    _config(ONE),
    _config(ONE, bias=False),
    _config(ONE, norm="post"),
    _config(ONE, tie_weights=False),
    _config(TWO),
    _config(TWO, norm="post", bias=False),
    _config(TWO, bias=False, tie_weights=False),
    _config(THREE),
]

MISTAKES = [
    Mistake(
        "the biases of attention or of the MLP are forgotten",
        wrong.unbiased("attention"),
        "a linear layer has one bias for each output: D for a projection, F for the first matrix of"
        " the MLP, D for the second.",
        "the number of outputs of each layer.",
        also=(wrong.unbiased("mlp"), wrong.unbiased("attention", "mlp")),
    ),
    Mistake(
        "the biases of the norms are forgotten",
        wrong.unbiased("norms"),
        "LayerNorm has a weight and a bias, D numbers each.",
        "what stands in the formula of LayerNorm that is learned.",
        section="LayerNorm",
        also=(wrong.unbiased("attention", "mlp", "norms"),),
    ),
    Mistake(
        "without biases, biases are still counted",
        wrong.biased("attention", "mlp", "norms"),
        "`bias=False` takes the bias from every linear layer and from every LayerNorm.",
        "where `config.bias` occurs in your code.",
        also=(
            wrong.biased("attention"),
            wrong.biased("mlp"),
            wrong.biased("norms"),
            wrong.biased("attention", "mlp"),
            wrong.biased("attention", "norms"),
            wrong.biased("mlp", "norms"),
        ),
    ),
    Mistake(
        "the MLP's two biases are counted as equally long",
        wrong.plus(mlp=lambda c: c.bias * c.n_layer * (c.d_ff - c.d_model)),
        "a bias has one number for each *output* of its layer, and the two layers have not the same"
        " number of outputs.",
        "what comes out of the first layer, and what out of the second.",
        also=(
            wrong.plus(mlp=lambda c: c.bias * c.n_layer * (c.d_model - c.d_ff)),
            wrong.plus(mlp=lambda c: -c.bias * c.n_layer * c.d_ff),
            wrong.plus(mlp=lambda c: -c.bias * c.n_layer * c.d_model),
        ),
    ),
    Mistake(
        "a tied head is counted again",
        wrong.reading(tie_weights=False),
        "tied means that the head uses the embedding's matrix. It is stored once, gets one"
        " gradient, and is one set of parameters.",
        "what the head has of its own.",
        section="The whole model",
    ),
    Mistake(
        "a head of its own is not counted",
        wrong.reading(tie_weights=True),
        "with `tie_weights=False` the head has a matrix of its own, as large as the embedding.",
        "where `config.tie_weights` occurs in your code.",
        section="The whole model",
        also=(wrong.but(head=lambda c: c.tie_weights * c.vocab_size * c.d_model),),
    ),
    Mistake(
        "the head has a bias",
        wrong.plus(head=lambda c: (not c.tie_weights) * c.bias * c.vocab_size),
        "the head is the one linear layer that has none, whatever the configuration says.",
        "the parameters that you give to the head.",
        section="The whole model",
        also=(
            wrong.plus(head=lambda c: c.bias * c.vocab_size),
            wrong.plus(head=lambda c: (not c.tie_weights) * c.vocab_size),
        ),
    ),
    Mistake(
        "the positions are not a matrix of context_length times D",
        wrong.but(positions=lambda c: 0),
        "each position up to `context_length` has a learned vector of its own.",
        "the shape of `pos_emb.weight`.",
        section="The whole model",
        also=(
            wrong.but(positions=lambda c: c.d_model),
            wrong.but(positions=lambda c: c.context_length),
            wrong.but(positions=lambda c: c.vocab_size * c.d_model),
        ),
    ),
    Mistake(
        "the number of norms is wrong",
        wrong.plus(norms=lambda c: -(c.norm == "pre") * wrong.norm(c)),
        "each block has two. Pre-norm has one more, `ln_f`, at the very end of the model.",
        "how many norms a model of one block has, and one of two.",
        section="Pre-norm and post-norm",
        also=(
            wrong.but(norms=lambda c: (c.n_layer + (c.norm == "pre")) * wrong.norm(c)),
            wrong.but(norms=lambda c: 3 * c.n_layer * wrong.norm(c)),
            wrong.but(norms=lambda c: 2 * c.n_layer * wrong.norm(c) + c.d_model),
            wrong.but(norms=lambda c: 3 * wrong.norm(c)),
        ),
    ),
    Mistake(
        "post-norm has an ln_f too",
        wrong.reading(norm="pre"),
        "each post-norm block ends in a norm already, so nothing is left to do at the end.",
        "where `config.norm` occurs in your code.",
        section="Pre-norm and post-norm",
    ),
    Mistake(
        "the number of projections in attention is wrong",
        wrong.plus(attention=lambda c: -wrong.squares(c) - c.bias * c.n_layer * c.d_model),
        "there are four: queries, keys, values, and the one that mixes the heads.",
        "the names in the state dict that begin with `blocks.0.attn`.",
        also=(
            wrong.plus(attention=lambda c: -wrong.squares(c)),
            wrong.plus(attention=lambda c: -3 * wrong.squares(c)),
            wrong.but(attention=lambda c: c.n_layer * (c.d_model**2 + c.bias * c.d_model)),
        ),
    ),
    Mistake(
        "the number of heads changes the count",
        wrong.but(attention=lambda c: c.n_head * reference(c)["attention"]),
        "the heads share the D numbers out among themselves: more heads are narrower heads, and all"
        " together are one D × D matrix.",
        "what `config.n_head` does in your code.",
        also=(
            wrong.but(attention=lambda c: reference(c)["attention"] // c.n_head),
            wrong.plus(attention=lambda c: (1 - c.n_head) * wrong.squares(c) * 3 // c.n_head),
        ),
    ),
    Mistake(
        "the MLP is taken to be four times as wide as the stream",
        wrong.reading(d_ff=None),
        "it usually is, but `d_ff` says how wide it really is.",
        "where `config.d_ff` occurs in your code.",
    ),
    Mistake(
        "the MLP has one matrix",
        wrong.plus(mlp=lambda c: -wrong.units(c)),
        "one leads from D to F numbers, the other back.",
        "the names in the state dict that begin with `blocks.0.mlp`.",
        section="The MLP",
        also=(wrong.plus(mlp=lambda c: -wrong.units(c) - c.bias * c.n_layer * c.d_model),),
    ),
    Mistake(
        "only one block is counted",
        wrong.reading(n_layer=1),
        "each block has weights of its own.",
        "where `config.n_layer` occurs in your code.",
        also=(
            wrong.but(attention=lambda c: reference(c)["attention"] // c.n_layer),
            wrong.but(mlp=lambda c: reference(c)["mlp"] // c.n_layer),
            wrong.but(
                attention=lambda c: reference(c)["attention"] // c.n_layer,
                mlp=lambda c: reference(c)["mlp"] // c.n_layer,
            ),
        ),
    ),
]

PARTS = ("embedding", "positions", "attention", "mlp", "norms", "head")

check = Check(
    "count_parameters",
    "count_parameters(config)",
    reference,
    CASES,
    MISTAKES,
    "Every parameter of GPT-2",
    properties=(
        Property(
            f"the keys have to be {', '.join(PARTS)}",
            lambda parts, config: set(parts) == set(PARTS),
        ),
        Property(
            "no part can have fewer than 0 parameters",
            lambda parts, config: all(n >= 0 for n in parts.values()),
        ),
    ),
    errors={"^AttributeError": "The fields of a configuration are in the task."},
)
