"""The room of "Gateway SMS 1.3.0" (contract section 5): parse, send, read, render, refuse."""
