"""The Basic Resident Register (住民基本台帳) of the municipalities: who lives where, under which name.

The room knows nothing of certificates; what changes here is reported to the agency by `services`.
"""
