"""Which cue becomes a tip, when, and in which words."""
