"""Speech recognition for many streams."""
