"""Compares the outcomes that a trial registered with those it reported."""
