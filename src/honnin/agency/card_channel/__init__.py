"""The conversation with a card through whoever holds it: sealed batches that leave with one request and whose
answers come with a later one, resumable after any cut.
"""
