"""What a test looks at, asserts and waits for."""
