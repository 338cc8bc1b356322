"""What happened to each lead; moving a lead starts and stops clocks."""
