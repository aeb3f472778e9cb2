"""What "OAuth v1" is to a reader: its objects, its refusals, its calls by their task."""
