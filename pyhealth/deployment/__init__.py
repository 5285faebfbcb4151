"""Contracts compiled, deployed, recorded and checked."""
