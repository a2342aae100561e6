"""The ``tinytx`` command: train the systems of the course, and use what was trained.

Options are named after the configuration's fields, and made from them. Wrong input is one line on
standard error and exit code 2; a training that diverged is one line and exit code 1; Ctrl-C saves,
says how to go on, and exits with 130.

==============  =================================================================
``app``         the command itself
``parts``       the commands by name, each loaded when it is asked for
``options``     from the fields of a configuration to options
``errors``      what goes wrong, in one line, and the exit code
``ranks``       of several processes one speaks
``tables``      side by side, for people and for other programs
``train`` …     a file for each command
==============  =================================================================
"""

from .app import app, main

__all__ = ["app", "main"]
