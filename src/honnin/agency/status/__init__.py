"""What relying parties are told: revocation lists and OCSP answers, over the issue records.

`responder`, `index` and `app` run without Django, in a process of their own. `good` is said only of
serial numbers that were really issued.
"""
