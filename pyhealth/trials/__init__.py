"""Clinical trials on the chain: the client of TrialRegistry.sol, and what surrounds it.

study record, files -> papers (salted, on disk) -> registry (one transaction) -> a proof for each
events of the index -> timeline, overdue
"""
