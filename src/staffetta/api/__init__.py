"""The HTTP edge: doors by host and path, one room a service, authorization, errors, rendering."""
