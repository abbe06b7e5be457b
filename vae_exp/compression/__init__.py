"""Data as few bits as a model says: bits-back coding. Needs ``pip install vae_exp[compress]``."""
