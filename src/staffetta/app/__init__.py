"""The composition root: builds each thing once, hands it over, starts every task and process.

Nothing below imports it. `supervisor` runs a whole installation, `roles` says what one process can
be, `child` is such a process.
"""
