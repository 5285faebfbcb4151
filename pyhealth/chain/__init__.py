"""The way to a chain: node, wallet, fees, sender, and one binding for a contract and an account."""
