"""How recorded things are shown, one format a module."""
