"""The list of scheduled follow-ups: what is to go out, what went, and what became of it."""
