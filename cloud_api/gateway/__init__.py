"""The edge: keys, tickets, sessions, quotas, and the way of each stream."""
