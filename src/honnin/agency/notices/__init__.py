"""Letters to holders: ordered once, printed in batches, handed to the post, followed until they are answered.

The outbox is in the same transaction as what a letter tells of. Knows no register: the municipality tells the
addresses. Refuses to print a name that its fonts cannot show, and a letter twice.
"""
