"""Text to integers and back: characters, list operations, and byte-level BPE from scratch.

=====================  =========================================================================
``CharTokenizer``      one id per character; small vocabulary, long sequences
``ListOpsTokenizer``   the twenty fixed tokens of the list-operations task
``BPETokenizer``       bytes, and the pairs of tokens that a training text showed most often
``count_pairs``        how often each pair of neighbours occurs: one step of BPE, readably
``merge_pair``         replace a pair by a new token: the other step
=====================  =========================================================================

Every tokenizer has ``encode``, ``decode``, ``save``, ``load`` and ``vocab_size``, and for every
string that it accepts ``decode(encode(text)) == text``; but a ``CharTokenizer`` with an ``unk``
puts that in place of what it does not know. ``decoder()`` decodes ids that come one by one, as a
model writes them.
"""

from .bpe import BPETokenizer
from .char import CharTokenizer
from .listops import ListOpsTokenizer
from .merges import count_pairs, merge_pair

__all__ = ["BPETokenizer", "CharTokenizer", "ListOpsTokenizer", "count_pairs", "merge_pair"]
