"""What the standard says: every resource of ESPI 4.0, declared once. No input, no output."""
