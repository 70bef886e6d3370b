"""Work while processes are killed, and audits while work goes on: nothing lost, doubled, stuck, left behind.

Each tool runs by itself as well: `python -m tests.killing.audits` and `python -m tests.killing.kills`.
"""
