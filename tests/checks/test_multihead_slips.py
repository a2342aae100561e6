"""What the checks of chapter 04 say to wrong answers that learners type."""

from __future__ import annotations

from functools import cache

import pytest

from tinytx.checks import multihead

from . import multihead_slips as slips

CHECKS = {
    "split": multihead.split_heads,
    "merge": multihead.merge_heads,
    "strides": multihead.split_strides,
    "outputs": multihead.head_outputs,
    "layer": multihead.multi_head_attention,
    "proof": multihead.is_right_split,
}


@cache
def verdict(name):
    return CHECKS[name.partition("_")[0]].run(getattr(slips, name))


NAMED = {
    "split_reshape": "the array is reshaped straight to the shape",
    "split_view": "it counts on a certain number of axes",
    "split_transpose": "it counts on a certain number of axes",
    "split_torch_12": "it counts on a certain number of axes",
    "split_stack_1": "it counts on a certain number of axes",
    "split_strides": "neighbouring numbers go to different heads",
    "split_array": "the heads stand in front of the batch",
    "split_short": "some heads are never filled",
    "split_returns_early": "some heads are never filled",
    "split_steps_of_one": "the pieces of the heads overlap",
    "split_same_slice": "every head gets the numbers of head 0",
    "split_minus_one": "n_head is taken for the width of a head",
    "split_moved": "the numbers stand in front of the positions",
    "split_positions_short": "some positions are never filled",
    "split_first_text": "all sequences get the numbers of the first",
    "split_steps_of_n_head": "from one head to the next it is n_head numbers",
    "merge_same_columns": "all heads are written into the same columns",
    "merge_from_1": "some heads are never copied",
    "strides_of_batch": "the size of the batch stands where that of a sequence belongs",
    "strides_no_numbers": "the first stride is not the size of one sequence",
    "strides_sum": "sizes are added where they multiply",
    "strides_and_itself": "the jumps are too long by one",
    "outputs_turned_round": "a head goes through the columns of another",
    "outputs_no_head_letter": "each head goes through the columns of all heads, added up",
    "outputs_last_number": "not all numbers of a head take part",
    "outputs_root": "the vectors are scaled by the width of a head",
    "outputs_first_text": "some sequences or positions are never filled in",
    "layer_reshaped": "a weight is reshaped, and not transposed",
    "layer_shuffled": "the numbers of the heads are shuffled together in the merge",
    "proof_in_front": "your test compares with a wrong split of its own",
    "layer_twice": "the softmax is taken twice",
    "layer_keys_of_head_0": "all heads share the queries, the keys or the values of head 0",
    "layer_mean": "the heads are averaged",
    "layer_guard": "something is added to the sum of the exponentials",
    "proof_sums": "numbers that change places go unseen in your test",
    "proof_digits": "the numbers of the input do not tell all their coordinates",
    "proof_view": "your test asks whether the split copies",
    "proof_any_other": "one entry in its place is enough for your test",
    "merge_reshape": "the heads are not moved behind the positions first",
    "merge_flat": "the positions are made one with the numbers",
    "merge_turned": "two other axes change places before the reshape",
    "merge_batch": "it counts on a certain number of axes",
    "merge_flatten": "it counts on a certain number of axes",
    "merge_index": "it counts on a certain number of axes",
    "merge_axis_1": "it counts on a certain number of axes",
    "merge_list": "it is the first axis that is merged",
    "merge_hstack": "it is the first axis that is merged",
    "merge_axis_0": "the heads are joined along the first axis",
    "merge_below": "the heads stand below each other",
    "merge_stacked_last": "the numbers of the heads are shuffled together",
    "merge_sum": "the heads are added up",
    "merge_steps_of_one": "the heads overlap",
    "merge_short": "some heads are never copied",
    "merge_names": "the number of heads is taken for that of the positions",
    "strides_numpy": "the strides are in bytes",
    "strides_float": "the strides are in bytes",
    "strides_view": "these are the strides of a fresh array (B, H, T, Dh)",
    "strides_contiguous": "these are the strides of a fresh array (B, H, T, Dh)",
    "strides_before": "the strides are in the order (B, T, H, Dh)",
    "strides_no_T": "sequences follow each other as closely as positions",
    "strides_whole": "one sequence is taken to be as long as the whole batch",
    "strides_zero": "the last stride is 0",
    "strides_heads": "a head is counted as one number",
    "strides_one": "a head is counted as one number",
    "strides_shape": "these are sizes, not jumps",
    "outputs_whole": "the heads are already added up",
    "outputs_reshape": "w_o is cut up by a reshape",
    "outputs_dealt": "every H-th column is taken for a head's",
    "outputs_btho": "the axes of the result are in another order",
    "outputs_array": "the axes of the result are in another order",
    "outputs_list": "the vectors of the heads are in a list",
    "outputs_straight": "the block of w_o is not transposed",
    "outputs_first_columns": "all heads go through the columns of head 0",
    "outputs_short": "some heads are never filled in",
    "outputs_square": "it takes for granted that D is H · Dh",
    "outputs_plain_merge": "the heads are merged without a transpose",
    "outputs_zeroes": "the heads that came in are overwritten",
    "outputs_view": "the heads that came in are overwritten",
    "outputs_growing": "each head includes those before it",
    "outputs_same_total": "every head is given the whole result",
    "outputs_without": "it is the result without a head, not that of the head",
    "layer_all": "there is no mask",
    "layer_fused": "there is no mask",
    "layer_of_D": "it takes for granted that H · Dh is D",
    "layer_merged_to_D": "it takes for granted that H · Dh is D",
    "layer_infinite": "all that comes out is nan",
    "layer_triu": "the diagonal of the mask is one place off",
    "layer_tril": "the mask hides the past and shows the future",
    "layer_width": "the root is not that of the width of one head",
    "layer_both_scaled": "the scale is not one division by the root",
    "layer_exp": "large scores overflow",
    "layer_one_top": "one maximum is subtracted from the scores of all queries",
    "layer_late": "the mask comes too late",
    "layer_later": "the mask comes too late",
    "layer_last_head": "some heads take no part",
    "layer_heads_first": "queries, keys and values are cut out of each head",
    "layer_dim_1": "the softmax runs over the heads",
    "layer_residual": "x is added to the result",
    "layer_scaled_late": "the division by the root comes after the softmax",
    "proof_shape": "only the shape is tested",
    "proof_zeros": "only the shape is tested",
    "proof_ones": "all numbers of the input are alike",
    "proof_back": "your test takes the plain reshape for right",
    "proof_positions": "the numbers of the input do not tell all their coordinates",
    "proof_one_entry": "only some of the entries are compared",
    "proof_first_loop": "only some of the entries are compared",
    "proof_last_loop": "only some of the entries are compared",
    "proof_two_heads": "only some of the entries are compared",
    "proof_second_head": "only some of the entries are compared",
    "proof_sequence": "there is only one sequence",
    "proof_tiny": "more than one of your sizes is 1",
    "proof_sum": "your test compares which numbers there are, not where",
    "proof_any": "one entry in its place is enough for your test",
    "proof_fault": "the answer is turned round",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_slip_is_refused_and_named(name):
    result = verdict(name)
    assert (result.status, result.mistakes) == ("wrong", (NAMED[name],)), str(result)


TWO = {
    "split_two_width": {
        "n_head is taken for the width of a head",
        "the head stands behind the position",
    },
    "split_two_axes": {
        "the head stands behind the position",
        "it counts on a certain number of axes",
    },
    "split_two_plain": {
        "the array is reshaped straight to the shape",
        "it counts on a certain number of axes",
    },
    "split_two_list": {"the heads are in a list", "the pieces of the heads overlap"},
    "merge_two_plain": {
        "the heads are not moved behind the positions first",
        "it counts on a certain number of axes",
    },
    "merge_two_three": {
        "the heads are not moved behind the positions first",
        "it counts on a certain number of axes",
    },
    "merge_two_sizes": {
        "the heads are not moved behind the positions first",
        "rows and columns are swapped",
    },
    "strides_two_bytes": {
        "the strides are in bytes",
        "the strides are in the order (B, T, H, Dh)",
    },
    "strides_two_fresh": {
        "the strides are in bytes",
        "these are the strides of a fresh array (B, H, T, Dh)",
    },
    "strides_two_order": {
        "the order is turned round",
        "the strides are in the order (B, T, H, Dh)",
    },
    "strides_two_short": {
        "the batch is left out",
        "the strides are in the order (B, T, H, Dh)",
    },
    "outputs_two_first": {
        "all heads go through the columns of head 0",
        "the axes of the result are in another order",
    },
    "outputs_two_dealt": {
        "every H-th column is taken for a head's",
        "the heads are already added up",
    },
    "outputs_two_straight": {
        "the block of w_o is not transposed",
        "the heads are averaged",
    },
    "layer_two_bare": {"the division by the root is missing", "there is no mask"},
    "layer_two_merge": {
        "the heads are merged without the transpose",
        "the root is not that of the width of one head",
    },
    "layer_two_residual": {"x is added to the result", "the division by the root is missing"},
    "layer_two_split": {
        "the heads are split by a plain reshape",
        "the diagonal of the mask is one place off",
    },
    "layer_two_order": {
        "the output projection is forgotten",
        "the three parts of w_qkv are taken in another order",
    },
}


@pytest.mark.parametrize("name", TWO)
def test_two_slips_at_once_are_both_named(name):
    result = verdict(name)
    assert result.status == "wrong"
    assert set(result.mistakes) == TWO[name], str(result)


SAYS = {
    "split_view": "raises ValueError in your line",
    "split_last_head_first": "only the last two are T and D",
    "split_numpy_12": "NumPy's `transpose` wants all axes in their new order.",
    "split_first_axis": "`np.split` cuts the first axis, unless you name another.",
    "split_divided": "`/` gives a float, and a size is an integer: use `//`.",
    "split_sizes": "The sizes that you ask for have to multiply to as many numbers as x has.",
    "split_float": "the result has to be in float64, as what comes in: float32 rounds it",
    "merge_last_first": "only the last three are H, T and Dh",
    "merge_numpy_12": "NumPy's `transpose` wants all axes in their new order.",
    "merge_view": "What copies them where it has to is `reshape`.",
    "merge_wrong_size": "T positions of H · Dh numbers, for whatever stands in front.",
    "strides_of_sizes": "there is no array unless you make one.",
    "outputs_rows": "Dh numbers of one head on the left, and on the right?",
    "outputs_cut": "D need not be H · Dh.",
    "layer_turned": "`.T` turns all four axes round",
    "layer_cuts_x": "What is cut into heads is H · Dh wide, and D may be something else.",
    "layer_joined_below": "x is (B, T, D), w_qkv (3 · H · Dh, D) and w_o (D, H · Dh)",
    "layer_numpy_12": "NumPy's `transpose` wants all axes in their new order.",
    "split_rounded": "to split or to merge moves numbers and changes none of them",
    "merge_memory": "the numbers are right and stand in other places",
    "layer_window": "entries differ",
    "proof_undone": "Then it is not right, and nothing need be compared.",
    "proof_no_shape": "A wrong split may give another shape than you expect.",
    "proof_all": "Then it is not right, and nothing need be compared.",
    "proof_ambiguous": "Look up `np.array_equal`",
    "proof_two_axes": "Give the splits an x of three axes, (B, T, D)",
    "proof_odd": "Choose a last dimension that n_head divides.",
    "proof_no_sizes": "`split` takes two arguments",
}


@pytest.mark.parametrize("name", SAYS)
def test_a_slip_is_answered_with_words_that_help(name):
    result = verdict(name)
    assert result.status == "wrong"
    assert SAYS[name] in " ".join(str(result).split()), str(result)


def test_every_hint_to_an_error_is_given_to_some_slip():
    said = dict.fromkeys(CHECKS, "")
    for name in SAYS | NAMED:
        said[name.partition("_")[0]] += " ".join(str(verdict(name)).split())
    for kind, check in CHECKS.items():
        assert [hint for hint in check.errors.values() if hint not in said[kind]] == []
