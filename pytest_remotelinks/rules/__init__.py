"""The rules: each family's entries, examples and checks, and the checker that asks them all."""
