"""What every API endpoint shares: strict parsing, problem+json, keys, pagination."""
