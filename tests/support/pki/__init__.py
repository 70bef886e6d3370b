"""Certificates, lists and signatures of authorities to throw away."""
