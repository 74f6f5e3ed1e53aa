"""Strangers' bytes for everything that parses; `python -m tests.fuzz --help` says how."""
