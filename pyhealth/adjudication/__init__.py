"""What a claim is, and how its lines are decided: values and pure rules, no chain and no file."""
