"""What a patient allows, and what happened to a patient's records: pure values and rules."""
