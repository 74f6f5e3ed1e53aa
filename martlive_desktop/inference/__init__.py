"""Models in supervised child processes."""
