"""Priors: ``prior()`` returns p(z), batch (), event (Z,). One a file.

Arguments are not validated by torch at every call: data and parts are checked once, before
training.
"""
