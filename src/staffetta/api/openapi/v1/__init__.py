"""What "Gateway SMS 1.0.0" is to a reader: its objects, its refusals, its calls by their task."""
