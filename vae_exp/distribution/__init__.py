"""Distributions over z that torch does not have, shared by posteriors and priors. One a file."""
