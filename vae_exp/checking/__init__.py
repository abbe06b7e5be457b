"""Checks of one part of a model, or of a data set, alone: one matter a file.

Each check is a function of the part under test that returns what it saw, in words, and raises
``Wrong``, or ``Skipped`` where it has nothing to say of such a part.
"""
