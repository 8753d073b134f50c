"""Contract documents: reading them, resolving what they say, and what changed between two."""
