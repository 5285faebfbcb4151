"""What is personal and stays off chain: kept in a vault, served through a gate, and destroyed on
request.
"""
