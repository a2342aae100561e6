"""The systems of the course, each from data to a trained and measured model.

============  ===============================================================================
``recipe``    what every recipe has, and how a run of one is started and resumed
``raven``     one small block that learns to write *The Raven*
``listops``   First, Second, Last, Max and Min of a list, solved on inputs never seen
``speak``     let a trained model continue a prompt, or answer
============  ===============================================================================
"""
