"""The remote side: one folder per service."""
