"""The rooms of the agency, on real databases, with real cards and a clock that stands."""
