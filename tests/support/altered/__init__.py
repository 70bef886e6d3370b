"""Documents that were signed and then changed, each in one way, and their honest brothers; all made here."""
