"""The telephone line, 24 hours a day: an operator finds the caller's certificates and holds them.

Hold first, ask later: a false hold is cheap, a false refusal is not. The line refuses nothing for the
time of day.
"""
