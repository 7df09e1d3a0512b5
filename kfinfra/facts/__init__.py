"""What is known of the world without asking it: dated tables."""
