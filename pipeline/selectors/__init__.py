"""What the pages of the pipeline show; nothing here writes."""
