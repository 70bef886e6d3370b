"""Lapse, hold and release: what the law makes of a fact, carried out on the record at once.

A hold or lapse is never refused for the time of day, and recording one twice changes nothing.
"""
