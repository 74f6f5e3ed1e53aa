"""How MartLive is put on Windows."""
