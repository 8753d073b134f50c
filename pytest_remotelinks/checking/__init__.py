"""Judging files and values without a server."""
