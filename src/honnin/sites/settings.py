"""Django settings, computed from the environment; every role's process reads the same file.

HONNIN_HOME            the installation's folder (default var/honnin)
HONNIN_AGENCY_DATABASE, HONNIN_MUNICIPALITY_DATABASE, HONNIN_ACCOUNTS_DATABASE
                       a postgresql:// address; without it, an SQLite file in the home
HONNIN_CARD_MASTER_KEY_URI
                       the token with the cards' master keys, a pkcs11: URI; without it, files in the home
HONNIN_FONT            the Japanese font file that cards are drawn with; without it, an installed one
HONNIN_HOSTS           comma-separated host names under which the pages are served
HONNIN_KEY_PASSPHRASE  opens the key files; without it, a passphrase kept in the home
HONNIN_OCSP_URI        where the status service answers, as certificates say it; told to who opens the
                       installation, in which it stands from then on (`sites.addresses`)
HONNIN_ROLES           the roles that this process plays, with commas between; without it every role
HONNIN_SECURE          "1" behind HTTPS: cookies, redirects and HSTS insist on it
HONNIN_START_PAGE      set by `honnin up` for its screens: "buttons" that sign in, or the "rooms" alone
HONNIN_TRUSTED_PROXIES
                       comma-separated addresses and networks of proxies whose X-Forwarded-* headers count
"""

import os
from functools import partial
from pathlib import Path
from typing import cast

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

import honnin
from honnin import look
from honnin.agency.keys.token_address import TokenAddress
from honnin.clock import SystemClock
from honnin.console.log import lines as logs
from honnin.console.proxies import trusted_networks
from honnin.law.cards.kiosk import StoreChain
from honnin.profile.names import PRODUCTION_ORGANISATION
from honnin.sites.databases.address import database
from honnin.sites.deployment import deployment
from honnin.sites.home import present_home
from honnin.sites.initialisation import PASSPHRASE, SESSION_SECRET
from honnin.sites.language import require_catalogues
from honnin.sites.roles import ACCOUNTS, with_memory, with_screens

HOME = present_home()
_PLAYED = sorted(with_screens(), key=lambda role: role.name)  # of others nothing is loaded


def _kept(name: str) -> str:
    """A secret, read when it is first asked for: `initialise` makes it, and may be called after this."""
    return cast(str, SimpleLazyObject(partial(HOME.kept_secret, name)))


SECRET_KEY = _kept(SESSION_SECRET)
DEBUG = False
ALLOWED_HOSTS = [
    host.strip() for host in os.environ.get("HONNIN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "honnin.console",
    "honnin.console.published",
    *(app for role in _PLAYED for app in role.apps),
    "honnin.sites",
]
# A page that silently lost its language is worse than none.
PACKAGES = [name.split(".")[1:] for name in ("honnin", *INSTALLED_APPS) if name.startswith("honnin")]
require_catalogues(Path(honnin.__file__).parent.joinpath(*names) for names in PACKAGES)
MIDDLEWARE = [
    "honnin.console.middleware.ForgetSecrets",  # once all others are done with them
    # What every answer is to have comes first, for each of the others may answer by itself.
    "honnin.console.middleware.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "honnin.console.proxies.TrustedProxies",
    "honnin.console.proxies.OnlyHttps",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "honnin.console.entered.turns.Turns",
    "honnin.console.signing_in.sessions.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "honnin.console.signing_in.sessions.SessionEnds",
    "honnin.console.entered.typed.SwitchLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "honnin.console.signing_in.signing_in_again.ShowUnsent",
    "honnin.console.entered.once.SentOnce",
    "honnin.console.middleware.ErrorPages",
]
ROOT_URLCONF = "honnin.sites.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "honnin.sites.pages.navigation.console",
                "honnin.console.failures.shown",
                "honnin.console.signing_in.signing_in_again.unsent_context",
            ],
            "builtins": ["honnin.console.templatetags.form_token"],
        },
    }
]
FORM_RENDERER = "honnin.console.forms.ConsoleFormRenderer"

_OWN = {role.name: database(role.name, HOME) for role in with_memory(_PLAYED)}
DATABASES = {"default": database(ACCOUNTS, HOME), **_OWN} if _PLAYED else {}
DATABASE_ROUTERS = ["honnin.sites.databases.router.RoleRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["honnin.console.signing_in.hashing.StaffAccounts"]
# Passwords that were hashed otherwise are hashed anew when their owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "start"
CSRF_FAILURE_VIEW = "honnin.console.signing_in.outdated_forms.csrf_failure"

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

STATIC_URL = "static/"
STATICFILES_DIRS = [look.FOLDER]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
# What a form says besides its files; no form has as many fields and files as this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# An application brings up to four copies of 5 MiB in one form, kept in memory and never on disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024

HONNIN_SECURE = os.environ.get("HONNIN_SECURE") == "1"
HONNIN_TRUSTED_PROXIES = trusted_networks(os.environ.get("HONNIN_TRUSTED_PROXIES", ""))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HONNIN_SECURE
if HONNIN_SECURE:  # the prefix: no other host of the domain can set them
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HONNIN_SECURE else 0
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = logs.CONFIGURATION

# Settings of the actors for this installation.
HONNIN_CLOCK = SystemClock()
HONNIN_FONT = os.environ.get("HONNIN_FONT", "")
HONNIN_KEYS = HOME.keys
HONNIN_CARDS = HOME.cards
HONNIN_KEY_PASSPHRASE = os.environ.get("HONNIN_KEY_PASSPHRASE") or _kept(PASSPHRASE)
# Each is there where its role is played.
HONNIN_CARD_MASTER_KEY_TOKEN: TokenAddress | None
HONNIN_JOURNAL_HEADS: Path
HONNIN_MUNICIPALITY_JOURNAL_HEADS: Path
HONNIN_COUNTER_PCSC: bool
HONNIN_KIOSK_CHAIN: StoreChain
HONNIN_KIOSK_PCSC: bool
HONNIN_KIOSK_TERMINAL: str
HONNIN_PUBLICATION: Path
HONNIN_LETTERS: Path
for role in _PLAYED:
    globals().update(role.settings(HOME))
HONNIN_DEPLOYMENT = partial(deployment, HOME)  # asked for each certificate: its addresses may change
HONNIN_IS_TEST = HONNIN_DEPLOYMENT().organisation != PRODUCTION_ORGANISATION
# `honnin up` says to its screens that they have a start page, and whether its buttons may sign in.
HONNIN_HAS_START_PAGE = "HONNIN_START_PAGE" in os.environ
HONNIN_ENTRY_BY_BUTTON = (
    HONNIN_IS_TEST and not HONNIN_SECURE and os.environ.get("HONNIN_START_PAGE") == "buttons"
)
LOGOUT_REDIRECT_URL = "start" if HONNIN_HAS_START_PAGE else "sign_in"
