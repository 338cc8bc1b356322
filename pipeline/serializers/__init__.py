"""The documents of the API: what the pipeline's endpoints take in and give out."""
