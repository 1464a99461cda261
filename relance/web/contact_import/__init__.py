"""Importing contacts from a CSV file: the file, what its columns hold, what would come of it, and taking it in."""
