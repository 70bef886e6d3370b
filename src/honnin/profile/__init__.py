"""The certificate, CRL and OCSP profile of the service: where law meets RFC 5280.

Issuer and verifier read the same modules, so that what one writes the other understands. Each kind of
certificate has one module that lays out its extensions in their order; `lint` reads finished bytes and
does not trust the modules that made them. This room holds no key, allocates no serial number and decides
nothing about people: dates, names and flags are handed in.
"""
