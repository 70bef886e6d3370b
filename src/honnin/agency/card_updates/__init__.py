"""What is done to a card after it was handed out: a new address, PINs set again, certificates cleared, its
end.
"""
