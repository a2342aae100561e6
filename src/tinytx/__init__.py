"""tinytx: a GPT built twice, by hand in NumPy and in PyTorch, and the course that explains it.

A map of the package:

======================  ==========================================================================
``tokenizers``          text to integers and back: characters, list operations, byte-level BPE
``data``                texts and data sets, most without a network; FineWeb and your own
``config``              sizes and choices of a model, for both engines; what is refused is in
                        ``config_checks``
``presets``             the sizes of known models by name
``manual``              the NumPy engine: every operation as a forward and its backward
``pytorch``             the PyTorch engine: the same files and names, autograd does the backward
``custom_transformer``  the same GPT on one page of raw tensors, every gradient by hand; its
                        weights and checks are in ``custom_state``
``training``            one loop for every engine: schedules, checkpoints, exact resume
``scale``               beyond one machine: a ring, shares of states and matrices, memory, costs
``recipes``             the systems of the course, each from data to a measured model
``trained``             small models that ship with the package
``generation``          from a distribution over the next token to text
``evaluation``          what a trained model can do, in numbers and pictures
``inspect``             gradient check, captured activations, what a loss should be, sizes and costs
``speed``               a machine's limits, what a step has to do, and how long it takes
``cli``                 the ``tinytx`` command
``example``             the one small example that every chapter works through by hand
``figures``             interactive figures that need no kernel and no network
``checks``              exercise checks that name the mistake
``bugs``                bugs that let the loss fall, as edits of this package's own source
``tape``                where autograd comes from, in forty lines
``show``                a function's own source, displayed in a notebook
``files``               reading files as they are, and writing them so that nothing is lost
``palette``             the colours of every figure, interactive or drawn
``wording``             values and names in error messages, cut so that each stays one line
``threads``             one thread for small matrix products, on a busy machine
``room``                whether a machine has the memory for what is asked for
``originals``           whether somebody has replaced a function or a method of an engine
======================  ==========================================================================
"""

__version__ = "1.0.0"
