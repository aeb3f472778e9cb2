"""The first generation, "Gateway SMS 1.0.0" (contract section 4)."""
