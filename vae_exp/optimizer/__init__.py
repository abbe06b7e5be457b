"""Optimizers that torch has only the parts of; the others are ``torch.optim``'s own."""
