"""The OAuth services: what accounts do with their tokens. Shared by both generations."""
