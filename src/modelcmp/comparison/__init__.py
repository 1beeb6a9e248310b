"""What follows from the numbers: ranked cards -> comparison -> verdict."""
