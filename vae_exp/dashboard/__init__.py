"""W&B's page of a project, as this program wants it: which panels there are, and sending them."""
