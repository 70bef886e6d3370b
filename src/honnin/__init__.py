"""Honnin: an open, complete implementation of Japan's Public Personal Authentication Service."""

__version__ = "0.1.0"
