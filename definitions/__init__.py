"""What the words mean: versioned and signed definitions, reasons and criteria."""
