"""`honnin demo`: one citizen's whole life on a fresh installation, narrated and checked step by step.

`story` tells it, `stage` runs it and writes the report, `evidence` keeps what outside tools can judge.
"""
