"""The systems of the course, each from data to a trained and measured model.

===================  ========================================================================
``recipe``           what every recipe has, and how a run of one is started and resumed
``preset``           a run's settings as a TOML file (``toml`` writes it, ``setting`` checks it)
``registry``         which recipe a preset is for
``raven``            one small block that learns to write *The Raven*
``listops``          First, Second, Last, Max and Min of a list, solved on inputs never seen
``text``             a GPT that continues whatever it read (``texts``: where that comes from)
``speak``            let a trained model continue a prompt, or answer
``measure``          how well a model does, or several side by side
``describe``         what a model consists of, and what it costs
``pace``             how fast this machine trains and writes
``tokenize_corpus``  a corpus as files of tokens
``record``           long runs, recorded for chapter 7 (``stories``, ``moments``, ``likeness``)
===================  ========================================================================
"""
