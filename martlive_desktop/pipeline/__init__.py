"""The session: one reducer, fed live or by a recording."""
