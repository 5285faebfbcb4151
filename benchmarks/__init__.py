"""Ratios measured in one run, and long campaigns; both print their figures into docs/."""
