"""Standards of the field, read into values of ours; what cannot be carried is reported."""
