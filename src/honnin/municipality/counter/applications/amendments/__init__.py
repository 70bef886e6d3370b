"""Corrections of an application, and its withdrawal."""
