"""Servers of others, and of the simplest kind, that the cloud bench compares with."""
