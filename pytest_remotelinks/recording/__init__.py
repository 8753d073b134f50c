"""What happened: exchanges, submissions and violations, and how they are shown."""
