"""Looks for personal data where there must be none: on the chain, and in the client's own files."""
