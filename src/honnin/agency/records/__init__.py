"""What the agency remembers: issue records, their status, and the journal of every act.

Act and record are one transaction. The room refuses to change or forget what was written: the journal
is append-only and hash-linked, an issue record only ever moves towards its end.
"""
