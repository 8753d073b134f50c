"""What a test reads, asserts and waits for."""
