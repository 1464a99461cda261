"""The page of one follow-up: what it is, why it has not gone or what became of it, and everything that happened."""
