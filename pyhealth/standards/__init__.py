"""Standards that others speak, read and written."""
