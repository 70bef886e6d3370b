"""`honnin demo`: one citizen's whole life on a fresh installation, narrated and checked step by step.

`story` has its order, `issued`, `used`, `later` and `renewed` what happens, `world` where;
`stage` runs it and writes the report.
"""
