"""The unattended terminal of a store (キオスク端末), where a reserved PIN is set again.

It carries commands between the agency and the card, and PINs from the pad to the card; it decides nothing and
keeps no record: who comes next finds nothing of an attempt. The reservation is made by `reserving`.
"""
