"""The two certification authorities: their keys, their serial numbers, and what they sign.

Nothing unlinted is signed: `prepare()` lints the very bytes that `sign()` will sign, and hands out a
token that can be redeemed once. Only issuance and status may ask this room for a signature.
"""
