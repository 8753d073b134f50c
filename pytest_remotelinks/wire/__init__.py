"""HTTP as values that are safe to show."""
