"""The messages that actors send one another, and the lines that carry them.

A message is a frozen dataclass that becomes JSON and back; nothing else crosses between actors, also
when both play in one process. The room refuses anything that is not one of its messages.
"""
