"""The relationship pipeline: a board of the stages with their contacts, who go from one to another."""
