"""Commands about people and keys."""
