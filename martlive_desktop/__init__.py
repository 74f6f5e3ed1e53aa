"""MartLive, a private coach for people who stream live."""

__version__ = "0.1.0"
