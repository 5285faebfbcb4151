"""What is personal and stays off chain: kept in a vault, and destroyed on request."""
