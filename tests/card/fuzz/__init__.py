"""A coverage-guided fuzzer of the card (docs/how-to/fuzz-the-card.md), and the inputs that it found.

`target` does all the work and needs no fuzzer; only `__main__` does.
"""
