"""What changed between two contract documents."""
