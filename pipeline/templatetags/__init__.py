"""Tags of the pipeline's pages."""
