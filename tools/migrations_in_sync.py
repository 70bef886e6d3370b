"""Fails when a model has changed and no migration says so."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

import django
from django.core.management import call_command

django.setup()
call_command("makemigrations", check=True, dry_run=True, verbosity=1)
