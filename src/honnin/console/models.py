"""Attempts to sign in, kept for a few minutes so that guessing passwords is slow."""

from django.db import models


class SignInAttempt(models.Model):
    """One attempt for an account from an address; removed when it succeeds or is old."""

    account = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "address", "made_at"])]
