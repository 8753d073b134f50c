"""Tokens: made, read, compared."""
