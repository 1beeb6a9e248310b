"""What is measured, not tested: speed and quality, each script with its limits."""
