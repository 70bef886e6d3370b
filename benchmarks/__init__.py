"""Speeds: ratios to raw RSA signing measured in the same run, and the card's figures beside their limits."""
