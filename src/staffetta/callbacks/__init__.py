"""What is owed to an account's URLs."""
