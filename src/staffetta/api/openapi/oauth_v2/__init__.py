"""What "OAuth v2" is to a reader: its objects, its refusals, its calls by their task."""
