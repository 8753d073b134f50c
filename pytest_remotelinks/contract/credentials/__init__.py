"""Credentials: canonical requests, tokens, scopes, and whether those of a request are good (RL5xx)."""
