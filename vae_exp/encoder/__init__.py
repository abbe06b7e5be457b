"""Posteriors q(z|x): ``encoder(x)``, x (*, X), returns batch (*,), event (Z,). One a file."""
