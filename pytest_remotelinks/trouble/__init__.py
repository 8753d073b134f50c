"""Trouble on demand: faults that befall requests, and limits to how many may come."""
