"""What was promised, and the clocks that measure it."""
