"""The same rules without a server."""
