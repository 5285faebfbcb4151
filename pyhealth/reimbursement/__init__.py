"""Reimbursement end to end: what payers and providers keep to themselves, the claims they submit in
bulk, and what the events of a chain tell of each.

book (salts, on disk) -> coding (files to commitments) -> submission (batches) -> reconciliation
events of the index -> history -> explaining, remittances
"""
