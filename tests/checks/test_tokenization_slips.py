"""What the checks of chapter 01 have to say to wrong answers as learners type them.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

from functools import cache

import pytest

from tinytx.checks import tokenization

from . import tokenization_slips as slips

CHECKS = {
    "decode": tokenization.decode,
    "count": tokenization.count_pairs,
    "merge": tokenization.merge_pair,
    "special": tokenization.split_special,
    "encode": tokenization.encode_word,
    "train": tokenization.train_bpe,
}
SYNTAX = "characters of a special token are read as regular-expression syntax"
TURNS = "one special token is looked for everywhere before the next is tried"
ONCE = "the pairs are counted only once, at the start"
ADDED = "the counts of different words are not added up"
PRESENT = "a pair counts once in a word, however often it stands there"

NAMED = {
    "decode_caught": "each token is decoded on its own",
    "decode_growing": "each token is decoded on its own",
    "decode_words": "each token is decoded on its own, and must be valid",
    "decode_or_mark": "valid characters do not survive beside a broken one",
    "decode_or_nothing": "valid characters do not survive beside a broken one",
    "decode_up_to": "the text ends at the first character that is broken",
    "decode_cleaned": "bytes that are not valid UTF-8 vanish",
    "decode_question": "bytes that are not valid UTF-8 are not shown as �",
    "decode_set": "the order or the repetition of the ids is lost",
    "decode_walk": "the order or the repetition of the ids is lost",
    "decode_unique": "an id that comes again is left out",
    "decode_ordered": "the ids are sorted",
    "decode_truthy": "the id 0 is left out",
    "decode_chr": "each byte is read as one character, as in Latin-1",
    "decode_bytewise": "each byte is read on its own, as in ASCII",
    "decode_blank": "a space is put between the tokens",
    "decode_spaced": "a space is put between the tokens",
    "decode_str": "the bytes are shown, not decoded",
    "decode_repr": "the bytes are shown, not decoded",
    "decode_trimmed": "spaces at the ends are cut off",
    "decode_short": "the last token is left out",
    "decode_early": "it returns after the first token",
    "decode_bytes": "bytes come back, not text",
    "decode_list": "ids are taken as positions in the vocabulary",
    "count_skipping": "pairs that overlap are counted once",
    "count_in_text": "the ids are searched as text",
    "count_round": "the last token is paired with the first",
    "count_short": "the last pair is left out",
    "count_late": "the first pair is left out",
    "count_from_zero": "the first time a pair is seen does not count",
    "count_truthy": "pairs with the token 0 are left out",
    "count_list_count": "every count is 0",
    "count_never": "every count is 0",
    "count_twos": "only every second pair is looked at",
    "count_nested": "every token is paired with every later one",
    "count_product": "every token is paired with every token",
    "count_squared": "a pair that stands n times is counted n times n",
    "count_sorted": "the order inside a pair is lost",
    "count_both": "each pair counts in both orders",
    "count_unequal": "pairs of two equal tokens are left out",
    "count_singles": "single tokens are counted",
    "count_once": "each pair is counted only once",
    "count_reset": "each pair is counted only once",
    "count_early": "it returns after the first pair",
    "count_frequent": "pairs that occur once are left out",
    "count_places": "positions are paired, not tokens",
    "merge_slice": "nothing is ever merged",
    "merge_text": "the ids are replaced as text",
    "merge_for": "the second token of the pair stays",
    "merge_flag": "the last token is lost",
    "merge_last_always": "the last token is added even when it was merged",
    "merge_in_place": "the input itself is changed",
    "merge_singly": "every token of the pair is replaced, also where it stands alone",
    "merge_is": "tokens are compared with `is`",
    "merge_from_the_end": "runs are merged from the right",
    "merge_first": "only the first occurrence is merged",
    "merge_set": "the pair is merged in either order",
    "merge_truthy": "the id 0 counts as no token",
    "merge_half": "only the first token of the pair is compared",
    "merge_twos": "only every second position is looked at",
    "merge_no_else": "after a merge the next token is copied without a look",
    "merge_news_only": "what is not merged is lost",
    "merge_same_list": "where nothing is merged, the given list itself comes back",
    "special_strip": "pieces of white space are thrown away",
    "special_longest": TURNS,
    "special_tail": "the text after the last special token is lost",
    "special_buffer_lost": "the text after the last special token is lost",
    "special_escape": SYNTAX,
    "special_order": "the special tokens are tried in the order given",
    "special_buffer": "the special token that ends first wins",
    "special_earliest": "the shortest special token wins",
    "special_buffer_kept": "empty pieces are kept",
    "special_unfiltered": "empty pieces are kept",
    "special_sort": "the list of special tokens is put in another order",
    "special_findall": "the ordinary text is missing from the result",
    "special_dropped": "the special tokens are missing from the result",
    "special_unprotected": "a special token that was found is cut again",
    "special_again": "a special token that was found is cut again",
    "special_marked": "the sign that marks the cuts may stand in the text",
    "special_ahead": "the special token sticks to the text after it",
    "special_with_it": "the special token sticks to the text before it",
    "special_lines": "line ends are lost",
    "special_in_lines": "line ends are lost",
    "encode_min": "the pairs are compared as bytes, not by their place in the list",
    "encode_alphabet": "the pairs are compared as bytes, not by their place in the list",
    "encode_last": "the merge learned last goes first",
    "encode_reversed": "the merge learned last goes first",
    "encode_longest": "the pair that makes the longest token goes first",
    "encode_frequent": "the most frequent pair of the word goes first",
    "encode_leftmost": "the leftmost pair that can be merged goes first",
    "encode_break": "the leftmost pair that can be merged goes first",
    "encode_right": "runs are merged from the right",
    "encode_slice": "nothing is merged",
    "encode_not_kept": "nothing is merged",
    "encode_first_place": "each merge is done at its first place only",
    "encode_early": "it returns after the first merge of the list",
    "encode_greedy": "the longest known token is taken from the left",
    "encode_characters": "it starts from characters, not from bytes",
    "encode_last_lost": "the last token is lost",
    "encode_second_stays": "the second token of the pair stays",
    "encode_absent": "the first merge that does not fit ends it all",
    "encode_sweep": "one sweep from left to right, and no second look",
    "encode_text": "tokens are merged as text",
    "encode_one": "only one merge is done",
    "train_joined": "in a tie the pairs are compared by their joined bytes",
    "train_joined_with": "in a tie the pairs are compared by their joined bytes",
    "train_common": "in a tie the pair seen first wins",
    "train_last": "in a tie the pair seen last wins",
    "train_smaller": "in a tie the smaller pair wins",
    "train_shorter": "in a tie the shorter token wins",
    "train_longer": "in a tie the longer token wins",
    "train_lengths": "in a tie only the lengths of the tokens are compared",
    "train_left_halves": "in a tie only the left halves are compared",
    "train_ids": "in a tie the pair with the greater ids wins",
    "train_low_ids": "in a tie the pair with the smaller ids wins",
    "train_max": "the greatest pair wins, however rare",
    "train_min": "the smallest pair wins, however rare",
    "train_rare": "the rarest pair wins",
    "train_unweighted": "a word counts once, however often it occurs",
    "train_present": PRESENT,
    "train_overwriting": ADDED,
    "train_unguarded": "it fails when nothing is left to merge",
    "train_first_of_none": "it fails when nothing is left to merge",
    "train_characters": "it starts from characters, not from bytes",
    "train_short": "one merge too few",
    "train_long": "one merge too many",
    "train_text": "words are strung together",
    "train_spaced": "words are strung together",
    "train_once_counted": ONCE,
    "train_unchanged": "the same pair is learned again and again",
    "train_old_counts": "the counts of earlier rounds are kept",
    "train_as_text": "tokens are merged as text",
    "train_twice": "pairs that occur once are never merged",
    "train_early": "it returns after the first merge",
    "decode_prepended": "the tokens are put together in reverse order",
    "decode_never_final": "a character that is broken off at the end vanishes",
    "decode_one_mark": "several � in a row become one",
    "decode_as_file": "line ends are changed",
    "decode_composed": "the text is tidied up after decoding",
    "decode_until_empty": "the text ends at the first token without bytes",
    "decode_until_zero": "the text ends at the first id 0",
    "decode_windows": "each byte is read as one character, as in Latin-1",
    "count_table": "pairs that do not occur are in the result, with a count of 0",
    "count_is": "tokens are compared with `is`",
    "count_rarer": "a pair gets the count of its tokens, not its own",
    "count_guarded_early": "it returns after the first pair",
    "count_equal_twice": "pairs of two equal tokens count twice",
    "merge_everywhere": "overlapping occurrences are all merged",
    "merge_noted_places": "later merges land in the wrong place",
    "merge_not_at_end": "a pair at the very end is not merged",
    "merge_zeros": "the id 0 counts as no token",
    "special_occurring": "only the first special token of the list that occurs is looked for",
    "special_group": "all special tokens but one are missing from the result",
    "special_dot": SYNTAX,
    "special_signs": "single characters of the special tokens are cut out",
    "special_row": "special tokens in a row stick together",
    "special_words": "special tokens are found only where words begin and end",
    "encode_found": "all pairs found in one look are merged before the next look",
    "encode_rank_zero": "the first merge of the list is never made",
    "encode_minus_one": "a pair that is not in the list stops all merging",
    "encode_short_range": "the last pair of neighbours is not looked at",
    "encode_shortest": "the pair that makes the shortest token goes first",
    "train_alive": "the counts of earlier rounds are kept",
    "train_noted": "a pair keeps the count that it had when it was first seen",
    "train_wordpiece": "the count is divided by those of the two tokens",
    "train_end_of_word": "a mark is added at the end of each word",
    "train_frequent_words": "words that occur once are left out",
}

TWO = {
    "decode_walk_stripped": {
        "the order or the repetition of the ids is lost",
        "spaces at the ends are cut off",
    },
    "decode_sorted_ignoring": {"the ids are sorted", "bytes that are not valid UTF-8 vanish"},
    "decode_set_spaced": {
        "the order or the repetition of the ids is lost",
        "a space is put between the tokens",
    },
    "decode_short_latin": {
        "the last token is left out",
        "each byte is read as one character, as in Latin-1",
    },
    "decode_ascii_ignoring": {
        "each byte is read on its own, as in ASCII",
        "bytes that are not valid UTF-8 vanish",
    },
    "count_backwards_from_two": {
        "each pair is turned round",
        "a new pair starts at one and is raised at once",
    },
    "count_twos_sorted": {"only every second pair is looked at", "the order inside a pair is lost"},
    "count_short_backwards": {"the last pair is left out", "each pair is turned round"},
    "count_round_from_zero": {
        "the last token is paired with the first",
        "the first time a pair is seen does not count",
    },
    "count_gap_once": {"tokens two apart are paired", "each pair is counted only once"},
    "merge_early_short": {"it returns after the first token", "the last token is lost"},
    "merge_for_short": {"the second token of the pair stays", "the last token is lost"},
    "merge_set_short": {"the pair is merged in either order", "the last token is lost"},
    "merge_twice_short": {"the new token is put in twice", "the last token is lost"},
    "merge_is_singly": {"tokens are compared with `is`", "the second token of the pair stays"},
    "special_plain": {SYNTAX, "the special tokens are tried in the order given"},
    "special_short_trimmed": {
        "the shortest special token wins",
        "white space around the pieces is cut off",
    },
    "special_dropped_unfiltered": {
        "the special tokens are missing from the result",
        "empty pieces are kept",
    },
    "special_first_dropped": {
        "the special tokens are missing from the result",
        "only the first of the special tokens is looked for",
    },
    "special_tail_unfiltered": {
        "the text after the last special token is lost",
        "empty pieces are kept",
    },
    "special_tail_order": {
        "the text after the last special token is lost",
        "the special tokens are tried in the order given",
    },
    "special_parts": {
        "the text after the last special token is lost",
        "only the first of the special tokens is looked for",
    },
    "special_case_blank": {
        "upper and lower case are not told apart",
        "pieces of white space are thrown away",
    },
    "special_turns_unfiltered": {TURNS, "empty pieces are kept"},
    "encode_last_one": {"the merge learned last goes first", "only one merge is done"},
    "train_common_unweighted": {
        "in a tie the pair seen first wins",
        "a word counts once, however often it occurs",
    },
    "train_common_always": {
        "in a tie the pair seen first wins",
        "it fails when nothing is left to merge",
    },
    "train_sorted_always": {
        "in a tie the pair seen last wins",
        "it fails when nothing is left to merge",
    },
    "train_common_short": {"in a tie the pair seen first wins", "one merge too few"},
    "train_characters_unweighted": {
        "it starts from characters, not from bytes",
        "a word counts once, however often it occurs",
    },
    "train_smaller_unweighted": {
        "in a tie the smaller pair wins",
        "a word counts once, however often it occurs",
    },
    "train_overwriting_present": {ADDED, PRESENT},
    "decode_each_lines": {"each token is decoded on its own", "line ends are changed"},
    "decode_places_ascii": {
        "ids are taken as positions in the vocabulary",
        "each byte is read on its own, as in ASCII",
    },
    "merge_backwards_short": {"runs are merged from the right", "the first token is lost"},
    "merge_text_zeros": {"the ids are replaced as text", "the id 0 counts as no token"},
    "encode_characters_last": {
        "it starts from characters, not from bytes",
        "the merge learned last goes first",
    },
}


@cache
def verdict(name):
    return CHECKS[name.split("_")[0]].run(getattr(slips, name))


def message(name):
    return " ".join(str(verdict(name)).split())


@pytest.mark.parametrize("name", NAMED)
def test_a_slip_is_refused_and_named(name):
    result = verdict(name)
    assert (result.status, result.mistakes) == ("wrong", (NAMED[name],)), str(result)


@pytest.mark.parametrize("name", TWO)
def test_two_slips_at_once_are_both_named(name):
    result = verdict(name)
    assert (result.status, set(result.mistakes)) == ("wrong", TWO[name]), str(result)


SAYS = {
    "decode_plus": "The entries of the vocabulary are bytes: put them together as bytes first.",
    "decode_each_byte": "Going through bytes gives integers: decode them all at once.",
    "decode_places": "Every id of the list is a key of the vocabulary: what do you look up?",
    "count_too_far": "and an id may be too large for any table.",
    "count_no_first": "What is read beyond the end?",
    "count_bytes": "An id can be any number, and a byte only one below 256.",
    "merge_bytes": "An id can be any number, and a byte only one below 256.",
    "count_characters": "An id can be any number: too large for a character, for 32 bits, or for",
    "merge_characters": "An id can be any number: too large for a character, or for 32 bits.",
    "count_no_entry": "A pair that comes by for the first time has no entry yet.",
    "count_lists": "A list cannot be a key of a dict: make a tuple of the pair.",
    "merge_too_far": "What is read beyond the end? The last token has no right neighbour",
    "merge_slice": "a list never equals a tuple, so `[6, 7] == (6, 7)` is false",
    "special_three": "A sign in a special token is read as syntax",
    "encode_slice": "is a list, and never equals a tuple",
    "encode_integers": "entry 0 is an int and bytes are asked for: going through bytes gives int",
    "encode_ids": "entry 0 is an int and bytes are asked for: going through bytes gives integers",
    "encode_adding": 'Going through bytes gives integers: `bytes([97])` is b"a".',
    "encode_neighbour": "What is read beyond the end? The last token has no right neighbour",
    "encode_no_place": "A pair that is not among the merges has no place there",
    "encode_no_choice": "There is nothing to choose from: when does your loop end?",
    "train_first_smaller": "where no pair is left there is no first one",
    "train_neighbour": "What is read beyond the end? The last token of a word has no right",
    "train_no_entry": "A pair that comes by for the first time has no entry yet.",
    "train_integers": 'Going through bytes gives integers: `bytes([97])` is b"a".',
    "train_changing": "A loop goes through a dict that is changed meanwhile: build a new one.",
}


@pytest.mark.parametrize("name", SAYS)
def test_a_slip_is_answered_with_words_that_help(name):
    assert verdict(name).status == "wrong"
    assert SAYS[name] in message(name)


def test_every_hint_is_given_to_one_of_the_slips():
    said = " ".join(message(name) for name in SAYS)
    for check in CHECKS.values():
        assert all(" ".join(hint.split()) in said for hint in check.errors.values())


SMALLEST = {
    "decode_or_nothing": "decode([4, 1], {1: b' ', 2: b'\\xc3', 4: b'\\xa9'}) gives ''",
    "special_strip": """split_special('<s> <s>', ['<s>']) gives ['<s>', '<s>']; it is 1 entry""",
    "merge_text": "merge_pair([16, 7], (6, 7), 50) gives [150]; it is 1 entry too short",
    "special_longest": "gives ['ca', 'bb']; it is 1 entry too short",
    "train_joined": "(b'a', b'z'), (b'ab', b'a')]; entry 1 is wrong: (b'a', b'z')",
    "encode_min": "entry 0 is wrong: b'",
}


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_example_shows_the_slip(name):
    assert SMALLEST[name] in message(name)


def test_pieces_that_do_not_give_the_text_are_told_where():
    check = tokenization.split_special
    assert "is missing at the end" in check.run(lambda text, specials: [text[:-1]]).message
    doubled = check.run(lambda text, specials: [text, text]).message
    assert "after 'a b' yours have 'a b', the text has ended" in " ".join(doubled.split())
    other = check.run(lambda text, specials: ["#", text]).message
    assert "at the start yours have '#" in other
