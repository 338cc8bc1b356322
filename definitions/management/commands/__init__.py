"""Commands of the documents."""
