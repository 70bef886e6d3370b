"""What relying parties are answered: revocation lists and OCSP answers, over the issue records.

`responder`, `index` and `app` run without Django, in a process of their own. `good` is answered only for
serial numbers that were really issued.
"""
