"""Signing in to the screens: accounts, passwords, limits on tries, sessions, and what a session's end does to
a form.
"""
