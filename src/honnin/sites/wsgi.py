"""The WSGI application of the screens and registers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

application = get_wsgi_application()
