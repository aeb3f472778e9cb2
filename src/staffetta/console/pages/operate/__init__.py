"""Pages of the installation's operators."""
