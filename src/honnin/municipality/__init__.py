"""市町村: the register of residents and the counter where people apply.

Speaks to the agency by messages only (`honnin.wire`); holds no certificate and no key.
"""
