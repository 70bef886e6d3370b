"""The texts of the service that everybody may read: the terms of use, and the guide to card and certificates.

Each sentence names the clauses of the catalogue that it tells of. The sentences are ours; the facts are those
of the service's documents, their numbers the law's. What a text tells of the service and this installation
cannot do is marked, by what its site says can be done.
"""
