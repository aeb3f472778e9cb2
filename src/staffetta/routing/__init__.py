"""Which connector takes a message, and at what price: pure functions over a loaded snapshot."""
