"""Pure words and rules of the product: no I/O, no clock reading, no database."""
