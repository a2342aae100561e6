"""For who learns and who teaches: exercise notebooks handed out, read, merged, released, graded.

==============  ==================================================================
``nbformats``   the library that reads notebooks, loaded quickly
``cells``       notebooks and their cells, as files hold them
``reading``     a notebook of exercises: tasks, answers, and what their checks said
``course``      where the course's own notebooks are, in a clone or in a wheel
``links``       links into the book, made to work from where a copy lies
``merging``     a newer version of a notebook into a learner's, cell by cell
``start``       a folder of the learner's own, kept in step with the course
``progress``    how far a learner is
``release``     a zip of exercises and their environment
``nbgrader``    the source of an nbgrader course
``grading``     a folder of notebooks, graded: ``tinytx grade``
``collecting``  which notebooks there are, and which cannot be graded
``owners``      whose each notebook is, by its path
``needed``      which statements of a notebook an answer needs
``effects``     what a call of a notebook's own function changes
``answering``   what happens where a learner's code runs
``judging``     from what an answer did to its mark
``seen``        what came back from an answer's process
``flags``       what a teacher should look at
``wire``        values as bytes that hold no code
``pool``        work in copies of this process, a few at once
``sandbox``     running answers where they can harm nobody: the judge's side
``keeper``      the other side of it
``spawned``     the same on macOS and Windows, with less to hold it
``limits``      what an answer may use, and what kept it apart
``linux``       namespaces, Landlock, seccomp
``marks``       marks as tables
``counting``    what a class has done, counted
``class_page``  what a class has done, as a page
==============  ==================================================================
"""

from . import nbformats as _nbformats  # noqa: F401, before all that imports nbformat
from .cells import read_notebook
from .reading import Exercise, Work, read_work

__all__ = ["Exercise", "Work", "read_notebook", "read_work"]
