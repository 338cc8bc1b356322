"""Messages that leave the system, written in the transaction of the fact they tell."""
