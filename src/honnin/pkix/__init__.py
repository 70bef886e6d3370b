"""What the RFCs say: DER, certificates, CRLs, OCSP and paths (RFC 5280, RFC 6960, X.690).

This room turns facts into exact bytes and bytes into facts. It knows nothing of Japan, of cards, of
municipalities or of databases; it holds no key (a signature is a callable that is handed in), it never
asks what time it is, and it never answers a question of trust with a boolean.
"""
