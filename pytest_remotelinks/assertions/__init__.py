"""The assertion helpers, and what they say when they fail."""
