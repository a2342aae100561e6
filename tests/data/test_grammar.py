"""The grammar engine: one derivation per text, and moments that equal brute force."""

import itertools
import math
import random
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tinytx.data.tales import teller
from tinytx.data.tales.entropy import Recursion
from tinytx.data.tales.grammar import Call, Choice, Grammar, Option, Slot, text_of

SMALL = """
# a comment
story:
  60 One day <who> went to <place>. <there>
  40 Once <who> saw <place>.

who: name | his
  75 Mia | her
  25 Ben | his

place: name | kind
  50 the wood | tree
  30 the old park | tree
  20 the lake | water

there:
  50 {who} met <{place.kind}_friend> there.
  50 {who.His} friend was <friend={place.kind}_friend>\\n{friend} was in {place}.

tree_friend: name
  90 an owl
  10 an old oak

water_friend: name
  100 a frog
"""


def every_text(grammar):
    """List (text, probability) of every derivation, by plain enumeration."""
    done = []
    pending = [("", Fraction(1), {}, (grammar.start,))]
    while pending:
        text, p, slots, agenda = pending.pop()
        if not agenda:
            done.append((text, p))
        elif not isinstance(agenda[0], Call):
            pending.append((text + text_of(agenda[0], slots), p, slots, agenda[1:]))
        else:
            call = agenda[0]
            choice = grammar.choice(call, slots)
            for option in choice.options:
                after = {**slots, call.slot: option.forms} if option.forms else slots
                chance = p * Fraction(option.weight, choice.total)
                pending.append((text, chance, after, (*option.parts, *agenda[1:])))
    return done


def check_moments(grammar):
    texts = every_text(grammar)
    moments = Recursion(grammar).moments
    chances = [float(p) for _, p in texts]
    costs = [-math.log(p) for p in chances]
    assert sum(p for _, p in texts) == 1
    assert len({text for text, _ in texts}) == len(texts) == moments.count
    entropy = math.fsum(p * c for p, c in zip(chances, costs, strict=True))
    assert moments.entropy == pytest.approx(entropy, rel=1e-12)
    square = math.fsum(p * c * c for p, c in zip(chances, costs, strict=True))
    assert moments.square == pytest.approx(square, rel=1e-12)
    assert moments.collision == pytest.approx(math.fsum(p * p for p in chances), rel=1e-12)
    assert moments.highest == pytest.approx(-min(costs), rel=1e-12, abs=1e-12)
    length = sum(p * len(text) for text, p in texts)
    assert moments.length == pytest.approx(float(length), rel=1e-12)


def test_moments_of_a_small_grammar_equal_enumeration():
    check_moments(Grammar.parse(SMALL))


def test_a_slot_that_is_filled_again_holds_the_last():
    source = "story:\n  100 <who> sees <who>, <{who.kind}_too>.\nwho: name | kind\n  30 Al | boy\n"
    source += (
        "  70 Felix | cat\nboy_too:\n  100 who waves\ncat_too:\n  60 who purrs\n  40 and {who} naps"
    )
    check_moments(Grammar.parse(source))


def test_the_measure_may_be_anything_additive():
    grammar = Grammar.parse(SMALL)
    mean = sum(p * text.count("o") for text, p in every_text(grammar))
    got = Recursion(grammar, lambda piece: piece.count("o")).moments.length
    assert got == pytest.approx(float(mean), rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_moments_of_random_cuts_of_the_tales_equal_enumeration(seed):
    """Keep one option of most choices and two or three of a few: small enough to list in full."""
    chooser = random.Random(seed)
    tales = teller.grammar()
    wide = set(chooser.sample(sorted(tales.choices), 12)) | {"plot"}
    cut = {}
    for name, choice in tales.choices.items():
        keep = min(chooser.choice((2, 3)) if name in wide else 1, len(choice.options))
        cut[name] = Choice(name, tuple(chooser.sample(choice.options, keep)))
    grammar = Grammar(cut)
    assume(Recursion(grammar).moments.count <= 20_000)  # of 200 seeds none has more than 6,372
    check_moments(grammar)


def pools_of(grammar):
    """Return, for each slot, the entries that it may hold anywhere in the grammar."""
    entries = {}
    for choice in grammar.choices.values():
        for part in itertools.chain.from_iterable(option.parts for option in choice.options):
            if isinstance(part, Call):
                pattern = re.sub(r"\\\{.*\\\}", r"\\w+", re.escape(part.rule))
                for name in filter(re.compile(pattern).fullmatch, grammar.choices):
                    forms = [o.forms for o in grammar.choices[name].options if o.forms]
                    entries.setdefault(part.slot, []).extend(forms)
    return entries


def beginning(option, slots):
    """Return the parts of a head, up to but not including slot number ``slots``."""
    parts = []
    for part in option.parts:
        if isinstance(part, Call) or (isinstance(part, Slot) and slots == 0):
            break
        parts.append(part)
        slots -= isinstance(part, Slot)
    return tuple(parts)


def begin_alike(one, other, pools):
    """Return the first values of the slots for which one text begins with the other, or None."""
    used = sorted({part.slot for part in one + other if isinstance(part, Slot)})
    for held in itertools.product(*(pools[slot] for slot in used)):
        slots = dict(zip(used, held, strict=True))
        a, b = ("".join(text_of(part, slots) for part in side) for side in (one, other))
        if a.startswith(b) or b.startswith(a):
            return a, b
    return None


def clashes(grammar):
    """Name each choice with two options of which one may begin with all of the other's head.

    Two heads that part before some slot part whatever follows, so as few slots as do are tried.
    """
    pools = pools_of(grammar)
    for choice in grammar.choices.values():
        for one, other in itertools.combinations(choice.options, 2):
            for slots in range(4):
                pair = begin_alike(beginning(one, slots), beginning(other, slots), pools)
                if pair is None:
                    break
            else:
                yield choice.name, *pair


def test_no_option_begins_with_the_whole_head_of_another():
    """What makes the derivation unique, proved for all values that a slot may ever hold."""
    assert list(clashes(teller.grammar())) == []
    assert list(clashes(Grammar.parse(SMALL))) == []


def test_the_proof_finds_an_ambiguity():
    twice = (
        "story:\n  100 <who> <end>\nwho: name\n  50 Al\n  50 Ann\nend:\n  50 {who} ran.\n  50 An"
    )
    assert list(clashes(Grammar.parse(twice))) == [("end", "Ann ran.", "An")]


def test_surprise_is_the_conditional_probability_of_each_character(monkeypatch):
    grammar = Grammar.parse(SMALL)
    monkeypatch.setattr(teller, "grammar", lambda: grammar)
    texts = every_text(grammar)
    for text, p in texts:
        assert teller.log_prob(text) == pytest.approx(math.log(p), rel=1e-12)
        mass = [sum(q for other, q in texts if other[:i] == text[:i]) for i in range(len(text) + 1)]
        exact = [math.log(before / after) for before, after in itertools.pairwise(mass)]
        np.testing.assert_allclose(teller.surprise(text), exact, atol=1e-12)


def test_a_choice_draws_by_its_weights():
    choice = Choice("c", (Option(10, ("a",)), Option(30, ("b",)), Option(60, ("c",))))
    drawn = "".join(choice.draw(u).parts[0] for u in (0.0, 0.0999, 0.1, 0.3999, 0.4, 1 - 2**-53))
    assert drawn == "aabbcc"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("story:\n  60 a\n  30 b", "the chances of 'story' in the grammar do not add up to 100"),
        ("story:\n 100 a", "line 2 of the grammar is no rule and no option: ' 100 a'"),
        ("  100 a", "line 1 of the grammar is no rule and no option: '  100 a'"),
        ("who: name | his\n  100 Mia", "line 2 of the grammar has 1 forms where 2 are announced"),
        ("story:\n  100 <who>", "rule 'story' of the grammar calls 'who', which is not there"),
        (
            "who: name | his\n  100 Mia | her | it",
            "line 2 of the grammar has 3 forms where 2 are announced",
        ),
    ],
)
def test_a_wrong_grammar_is_refused(source, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Grammar.parse(source)
