"""What must hold of any bytes at all, and a runner that looks for bytes of which it does not."""
