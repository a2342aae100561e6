"""Wrong answers that a check once took for right: each a right one with one change of its text."""

from __future__ import annotations

import importlib

import pytest

from tinytx.checks.edits import Answer

WRONG = {
    "ids packed into one number": (
        "tokenization.count_pairs", "for pair in zip(ids, ids[1:]):",
        "for pair in (divmod(a * 100_000 + b, 100_000) for a, b in zip(ids, ids[1:])):"),
    "ids of 32 bits": (
        "tokenization.merge_pair", "merged.append(ids[i])", "merged.append(ids[i] % 2**32)"),
    "a leak through the sum, behind a norm": (
        "attention.sees_the_future", "x = rng.standard_normal((T, D))", "x = np.ones((T, D))"),
    "a text of one id beside the pair": (
        "embeddings.blind_spots", "rng.integers(vocab_size, size=T)", "np.ones(T, int)"),
    "one random text for each pair": ("embeddings.blind_spots", "[*range(a)] * 8", "range(a)"),
    "one random text for each pair, and every seed": (
        "embeddings.blind_spots", "[*range(a)] * 8:",
        "range(a):\n                rng = np.random.default_rng()"),
    "small rows taken for constant": (
        "blocks.layernorm", "centred / np.sqrt(variance + eps) * weight + bias",
        "np.where(variance < 1e-6, bias, centred / np.sqrt(variance + eps) * weight + bias)"),
    "a shift that is small beside a bias": ("blocks.wiring", "shift = 1e6", "shift = 100"),
    "a tolerance that swallows what is added": (
        "blocks.wiring", "np.abs(there - shift - here).max() < enough",
        "np.abs(there - shift - here).max() <= 5e-3 * shift"),
    "a slope of 0 or 1 far out": (
        "backprop.silu_gradient", "s * (1 + x * (1 - s))",
        "np.where(np.abs(x) > 8, x > 0, s * (1 + x * (1 - s)))"),
    "a right gradient of zero, where the output is zero, too": (
        "backprop.gradient_is_right", "<= limit", "< limit"),
    "a one-sided difference of a small step": (
        "backprop.gradient_is_right",
        "(dy * (forward(plus) - forward(minus))).sum() / (2 * h)",
        "(dy * (forward(x + (plus - x) / 10) - y)).sum() / (h / 10)"),
    "a limit that adds up all slopes": (
        "backprop.gradient_is_right", "np.abs(slopes).max()", "np.abs(slopes).sum()"),
    "a drawing before the one that counts": (
        "training.get_batch", "starts = draw(len(ids) - T)",
        "draw(1)\n    starts = draw(len(ids) - T)"),
    "a drawing behind the one that counts": (
        "training.get_batch", "windows = ids[", "B = len(draw(1))\n    windows = ids["),
    "the mean over N is left to the rate": (
        "training.overfit", "lr = lr\n", "lr = lr / len(examples) * size\n"),
    "a limit below rounding": ("silent_bugs.first_difference", "> 1e-4", "> 1e-7"),
    "one logit of many in a root mean square": (
        "silent_bugs.first_difference",
        "np.abs(step(int(token)) - expected[place]).max() > 1e-4",
        "np.sqrt(((step(int(token)) - expected[place]) ** 2).mean()) > 1e-3"),
    "batches of two texts": (
        "silent_bugs.diagnose", "rng = np.random.default_rng(0)",
        "rng, whole = np.random.default_rng(0), model\n    model = lambda ids: np.concatenate("
        "[whole(ids[i : i + 2]) for i in range(0, len(ids), 2)])"),
    "the last row alone": ("silent_bugs.diagnose", "in range(3))", "in range(2, 3))"),
    "a limit above the promise": ("silent_bugs.diagnose", "> 1e-4", "> 5e-3"),
    "one other order": (
        "silent_bugs.diagnose", "ordered = ordered or apart(here[:, -1], model(turned)[:, -1])",
        "turned = np.concatenate([ids[:, -2::-1], ids[:, -1:]], axis=1)\n"
        "        ordered = ordered if _ else apart(here[:, -1], model(turned)[:, -1])"),
    "one try in company": (
        "silent_bugs.diagnose", "if any(apart(here[b]", "if not _ and any(apart(here[b]"),
    "logits that overflow in an evaluation": (
        "silent_bugs.evaluate", "logits.max(axis=-1, keepdims=True)", "0"),
    "one maximum for all rows of an evaluation": (
        "silent_bugs.evaluate", "logits.max(axis=-1, keepdims=True)", "logits.max()"),
    "logits that are clipped": (
        "silent_bugs.evaluate", "logits = model(ids)", "logits = np.clip(model(ids), -50, 50)"),
    "probabilities that are cut off": (
        "silent_bugs.evaluate", "targets[..., None], axis=-1)[..., 0]",
        "targets[..., None], axis=-1)[..., 0]\n        right = np.log(np.exp(right) + 1e-9)"),
    "the first and the last validation loss alone": (
        "silent_bugs.read_log", "min(validation) < entropy",
        "min(validation[0], validation[-1]) < entropy"),
    "an epsilon beside a small length": (
        "training.clip", "max_norm / norm)", "max_norm / (norm + 1e-6))"),
    "an entropy that is less by a share": (
        "silent_bugs.read_log", "entropy - 0.1", "0.9 * entropy"),
    "bytes rounded up in each block": (
        "generation.cache_bytes", "numbers * bits // 8",
        "n_layer * T * B * -(-2 * n_kv_head * d_head * bits // 8)"),
    "bytes rounded down in each block": (
        "generation.cache_bytes", "numbers * bits // 8",
        "n_layer * (numbers // n_layer * bits // 8)"),
    "bytes rounded down in each text": (
        "generation.cache_bytes", "numbers * bits // 8", "B * (numbers // B * bits // 8)"),
    "bytes counted in float32": (
        "generation.cache_bytes", "numbers * bits // 8",
        "int(np.array([2, n_layer, n_kv_head, d_head, T, B, bits], np.float32).prod() / 8)"),
    "nearly the largest for the largest": (
        "generation.tempered", "logits.argmax(axis=-1)",
        "np.isclose(logits, logits.max(axis=-1, keepdims=True)).argmax(axis=-1)"),
    "equal logits in any order": ("generation.filtered", ', kind="stable"', ""),
    "only where the two texts differ": (
        "looking_inside.restored", "return grid",
        "grid[:, (clean == corrupted).all(axis=1)] = 0\n    return grid"),
    "the least loss in place of that of most compute": (
        "experiments.best_floor", "predicted - losses[held]", "predicted - losses.min()"),
    "all runs with the loss of the one held out": (
        "experiments.best_floor", "np.arange(len(compute)) != held", "losses != losses[held]"),
    "the nearest square": (
        "experiments.best_floor", "predicted - losses[held]", "predicted**2 - losses[held] ** 2"),
    "half bytes rounded up": (
        "speed.intensity", "weight_size * D * F", "np.ceil(weight_size * D * F)"),
    "a first side without keys, and a low second": (
        "speed.merged", "np.maximum(lse1, lse2)",
        "np.maximum(np.where(lse1 == -np.inf, 0.0, lse1), lse2)"),
    "line ends": ("real_data.split", "{text for", '{text.rstrip("\\n") for'),
    "blanks in front": ("real_data.split", "{text for", "{text.lstrip() for"),
    "beginnings": ("real_data.split", "{text for", "{text[:50] for"),
    "an expert's answer scaled where it stands": (
        "modern_blocks.routed", "out[token] += weights[token, place, None] * expert(x[token])",
        "answers = [expert(x[n]) for n in token]\n"
        "            for n, j, answer in zip(token, place, answers):\n"
        "                answer *= weights[n, j]\n"
        "                out[n] += answer"),
    "the norm taken back from y": (
        "modern_blocks.group_rmsnorm", "(dy * flat).sum(axis=0)",
        "(dy * (flat * weight)).sum(axis=0) / weight"),
    "of arithmetic and traffic that take equally long, neither": (
        "speed.least_time", "np.maximum(arithmetic, memory)",
        "arithmetic * (arithmetic > memory) + memory * (memory > arithmetic)"),
    "of arithmetic and traffic that take equally long, both": (
        "speed.least_time", "np.maximum(arithmetic, memory)",
        "arithmetic * (arithmetic >= memory) + memory * (memory >= arithmetic)"),
    "words joined by what may stand in one": (
        "real_data.similarity", "tuple(words[i : i + n])", '"/".join(words[i : i + n])'),
    "an accent behind its letter, as a part of it": (
        "real_data.similarity", "text.split()",
        '__import__("unicodedata").normalize("NFC", text).split()'),
    "words without their last stop": (
        "real_data.similarity", "text.split()", '[w.rstrip(".!?") for w in text.split()]'),
    "words without quotation marks": (
        "real_data.similarity", "text.split()", "[w.strip('\"') for w in text.split()]"),
    "hyphens that part words": (
        "real_data.similarity", "text.split()", 'text.replace("-", " ").split()'),
    "words without digits": (
        "real_data.similarity", "text.split()", 're.sub(r"\\d", "", text).split()'),
    "a number of 64 bits": ("real_data.split", "number(text)", "number(text) & (2**64 - 1)"),
    "a number of 63 bits": ("real_data.split", "number(text)", "number(text) & (2**63 - 1)"),
    "the number of a text without blanks at its end": (
        "real_data.split", "number(text)", "number(text.strip())"),
    "the number of a text without capitals": (
        "real_data.split", "number(text)", "number(text.lower())"),
    "whole numbers of 64 bits": (
        "real_data.fits", "used = weights + gradients + optimizer",
        "used = (weights + gradients + optimizer + 2**63) % 2**64 - 2**63"),
    "a shard found by its value": (
        "real_data.resumed", "orders[shard]", "orders[shards.index(shards[shard])]"),
    "probabilities rounded before the choice": (
        "modern_blocks.routed", "np.argsort(-probs,", "np.argsort(-probs.round(3),"),
    "letters that are no ASCII": (
        "real_data.split", "{text for", '{text.encode("ascii", "ignore").decode() for'),
}  # fmt: skip


def made(where: str, old: str, new: str):
    """Return the check of an exercise, and its right answer with one change."""
    chapter, name = where.split(".")
    answer = Answer.of(importlib.import_module(f"tinytx.checks.{chapter}.answers"), name)
    assert answer.text.count(old) == 1
    check = importlib.import_module(f"tinytx.checks.{chapter}").chapter.checks[name]
    return check, answer.function(answer.text.replace(old, new))


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize("kind", WRONG)
def test_it_is_refused(kind):
    check, fn = made(*WRONG[kind])
    assert check.run(fn).status == "wrong"


def test_a_tensor_without_axes_is_a_number():
    import torch

    check, right = made("speed.least_time", "float(", "(")
    tensors = lambda *given: torch.tensor(float(right(*given)), dtype=torch.float64)  # noqa: E731
    assert check.run(tensors).status == "ok"


def test_of_a_tensor_without_axes_the_number_is_judged():
    import torch

    check, right = made("speed.least_time", "float(", "(")
    result = check.run(lambda *given: torch.tensor(2 * float(right(*given)), dtype=torch.float64))
    assert result.status == "wrong"
    assert "float" not in result.message
