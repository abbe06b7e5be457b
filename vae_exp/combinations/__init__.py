"""Every combination of parts: which there are, training each of them, and what came of it."""
