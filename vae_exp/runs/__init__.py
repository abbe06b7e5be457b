"""One run: its way from a configuration to a summary, resuming it, and loading what it trained."""
