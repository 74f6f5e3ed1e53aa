"""What is done in the background: reports, exports, usage, retention."""
