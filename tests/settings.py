"""The project's settings on an installation of their own, made for one test run and removed after it."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="honnin-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["HONNIN_HOME"] = _home

from honnin.sites.initialisation import initialise  # noqa: E402
from honnin.sites.settings import *  # noqa: E402, F403

initialise()

# Strong password hashing is not what these tests are about, and it costs a quarter of a second a login.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
