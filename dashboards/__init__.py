"""What both teams look at, and the meetings held over it."""
