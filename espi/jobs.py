"""Jobs: who handles which kind, and the loop that works on them."""
