"""What happened to a message: every row that knows something of it, in one timeline."""
