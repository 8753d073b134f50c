"""One module for each provider API: its words, paths and shapes."""
