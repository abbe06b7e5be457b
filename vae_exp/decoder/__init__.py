"""Likelihoods p(x|z): ``decoder(z)``, z (*, Z), returns batch (*,), event X. One a file.

``decoder.support`` is a constraint of ``torch.distributions.constraints``: where p(x|z) lives.
"""
