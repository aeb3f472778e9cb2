"""Every statement about accounts, their tokens and who may do what; one module for each part."""
