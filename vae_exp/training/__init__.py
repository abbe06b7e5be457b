"""Training: the loop, its state, and what is measured on the way."""
