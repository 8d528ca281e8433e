"""Settings: everything that differs between places comes from the environment (see .env.example)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from dispatch.logs import LOGGING as LOGGING
from dispatch.web.tiles import read_tiles, tile_hosts

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DISPATCH_DATA", default=str(BASE_DIR / ".data")))

# Secrets. `make run` makes them once in its data folder; elsewhere they must be given:
# dispatch.checks refuses these defaults.
SECRET_KEY = env.str("SECRET_KEY", default="change-me")
IDENTITY_KEYS = env.list("IDENTITY_KEYS", default=[])  # "kid:fernet-key", newest first
IDENTITY_INDEX_KEY = env.str("IDENTITY_INDEX_KEY", default="change-me")
TOKEN_PEPPER = env.str("TOKEN_PEPPER", default="change-me")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "dispatch",
    "dispatch.web",
    "dispatch.notify",
    "dispatch.insights",
    "dispatch.api",
    "cases",
    "teams",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "dispatch.web.middleware.WholeWords",
    "dispatch.web.sessions.StaffSessions",
    "dispatch.web.sessions.session_watch",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "dispatch.web.middleware.permissions_policy",
    "dispatch.web.middleware.private_pages",
    "dispatch.web.middleware.noted_refusals",
    "dispatch.web.middleware.spoken_refusals",
    "allauth.account.middleware.AccountMiddleware",
    "dispatch.web.factorduty.factor_first",
    "dispatch.web.fresh.FreshForms",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "dispatch.urls"
WSGI_APPLICATION = "dispatch.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "dispatch.web.drawing.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The database is the truth. Connections persist (WSGI threads); there is no ATOMIC_REQUESTS:
# services own their transactions.
DATABASES: dict[str, Any] = {"default": env.db_url("DATABASE_URL", default="postgres://127.0.0.1:1/unset")}
DATABASE_LIMITS = {
    "statement_timeout": env.int("STATEMENT_TIMEOUT_MS", default=15_000),
    "lock_timeout": 8_000,
    "idle_in_transaction_session_timeout": 60_000,
}
# Two workers of the database for one page are two fewer for others, and starting one takes longer than most questions.
DATABASE_MANNERS = {"max_parallel_workers_per_gather": 0}
# A pooler by transaction (PgBouncer) takes no options and keeps no session: it sets the limits (docs/operations.md).
DATABASE_POOLED = env.bool("DATABASE_POOLED", default=False)
DATABASES["default"] |= {
    "ENGINE": DATABASES["default"]["ENGINE"].replace("django.db.backends.postgresql", "dispatch.postgresql"),
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
    "OPTIONS": {
        **DATABASES["default"].get("OPTIONS", {}),  # of the URL: ?sslmode=…
        "connect_timeout": 5,
        **(
            {}
            if DATABASE_POOLED
            else {
                "options": " ".join(
                    f"-c {name}={value}" for name, value in (DATABASE_LIMITS | DATABASE_MANNERS).items()
                )
            }
        ),
    },
    "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_dispatch")},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:1/0")
CACHES = {
    # Shared and forgiving: throttles fail open when Redis is away.
    "default": {
        "BACKEND": "dispatch.web.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "c",
    },
    # Rendered rows, keyed by what they show: never stale, so a memory per process is right.
    "rows": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rows",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "landing"
ACCOUNT_ADAPTER = "dispatch.web.accounts.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # the password again before the mail address changes: it resets passwords
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_FORMS = {
    "add_email": "dispatch.web.accountforms.OwnMailForm",
    "change_password": "dispatch.web.accountforms.OwnPasswordForm",  # nosec B105 # a word, no password
    "login": "dispatch.web.accountforms.SignInForm",
    "reauthenticate": "dispatch.web.accountforms.PasswordAgainForm",
    "reset_password": "dispatch.web.accountforms.LostPasswordForm",  # nosec B105 # a word, no password
}
# Wrong passwords, by network ("ip") and by what dispatch.web.lockout counts ("key"): a browser that knows the account,
# an account at a network, an account from all strangers together.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/300s/key",
    "login_failed_known": "10/300s/key",
    "login_failed_account": "30/h/key",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are made by an administrator: nobody signs up with another's address
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a finger, a face or a PIN each time: a found key opens nothing
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "activate_totp": "dispatch.web.accountforms.FirstCodeForm",
    "authenticate": "dispatch.web.passkeys.CodeForm",
    "reauthenticate": "dispatch.web.passkeys.CodeAgainForm",
    "add_webauthn": "dispatch.web.passkeys.AddForm",
    "login_webauthn": "dispatch.web.passkeys.FirstForm",
    "authenticate_webauthn": "dispatch.web.passkeys.SecondForm",
    "reauthenticate_webauthn": "dispatch.web.passkeys.AgainForm",
}
MFA_ADAPTER = "dispatch.web.factors.VaultedFactors"

# Roles that open nothing before a second factor is set up. A real site: office and administrators; the demo: nobody.
SECOND_FACTOR_ROLES = env.list(
    "SECOND_FACTOR_ROLES",
    default=[]
    if env.bool("DEMO", default=not env.bool("HTTPS", default=False))
    else ["dispatcher", "office_head", "checker", "system_admin", "security_admin", "auditor"],
)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_MANIFEST = env.bool("STATIC_MANIFEST", default=not DEBUG)  # hashed names; needs collectstatic
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_ALLOW_ALL_ORIGINS = False
if not STATIC_MANIFEST:  # else dispatch.asgi sends them without a thread
    MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
MEDIA_ROOT = DATA_DIR / "media"  # private: only dispatch.web.files hands files out, by signed URL
MEDIA_URL = "/media/"
# Photos in a bucket instead, by the same signed URLs (docs/operations.md, dispatch.E015). Files of imports stay.
S3: dict[str, Any] = {
    "bucket_name": env.str("S3_BUCKET", default=""),
    "endpoint_url": env.str("S3_ENDPOINT", default="") or None,  # None: Amazon's own
    "region_name": env.str("S3_REGION", default="") or None,
    "access_key": env.str("S3_ACCESS_KEY", default="") or None,  # None: the machine's own role
    "secret_key": env.str("S3_SECRET_KEY", default="") or None,
    "location": env.str("S3_PREFIX", default=""),
    "addressing_style": env.str("S3_ADDRESSING", default="") or "auto",
}
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "cases.services.stores.bucket.Bucket", "OPTIONS": S3}
    if S3["bucket_name"]
    else {"BACKEND": "cases.services.stores.disk.Disk"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_MANIFEST
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FILES = 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
BODY_MAX_BYTES = env.int("BODY_MAX_BYTES", default=48 * 1024**2)  # asgi.py: 413 above
FLOOD_REPORTS = env.int("FLOOD_REPORTS", default=300)  # in ten minutes; above it senders wait (dispatch.web.flood)
BODY_MIN_RATE = env.int("BODY_MIN_RATE", default=2 * 1024)  # asgi.py: bytes a second, 408 below

# Maps draw their own ground; tile layers are a wish (see dispatch.web.tiles). A wrong value is dispatch.E010.
MAP_TILES_PROBLEM = ""
try:
    MAP_TILES = read_tiles(env.str("MAP_TILES", default="[]"))
except ValueError as problem:
    MAP_TILES, MAP_TILES_PROBLEM = [], str(problem)

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # who reads /metrics; without one only this very machine may
TRUST_PROXY = env.str("TRUST_PROXY", default="")  # see dispatch.serve
WEBHOOK_LOOPBACK = env.bool("WEBHOOK_LOOPBACK", default=False)  # webhooks to this very machine, also by http: for tests

HTTPS = env.bool("HTTPS", default=False)  # behind a proxy that ends TLS and sets X-Forwarded-Proto
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=True)
    SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=False)
    # A browser takes these names from this very host over TLS only: no sister host and no plain page plants one.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "dispatch.web.sessionstore"  # hashed keys, ends that a page can't put off (docs/adr/0014)
# Hours after the sign-in, and minutes without an act of a person, after which one signs in again.
SESSION_HOURS = {
    "office": env.int("SESSION_HOURS_OFFICE", default=12),
    "field": env.int("SESSION_HOURS_FIELD", default=12),
}
SESSION_IDLE_MINUTES = {
    "office": env.int("SESSION_IDLE_OFFICE", default=60),
    "field": env.int("SESSION_IDLE_FIELD", default=240),
}
FRESH_MINUTES = env.int("FRESH_MINUTES", default=15)  # so long after a sign-in, who acts on persons isn't asked again
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts take the token from the page
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Private links carry a token: no other origin ever sees one. Not "no-referrer": browsers then send
# "Origin: null" with every form and the CSRF check refuses it.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *tile_hosts(MAP_TILES)],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["dispatch.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"},
    "NUM_PROXIES": 0,  # the server has put the caller's address (TRUST_PROXY); a header of the caller's own counts not
    "EXCEPTION_HANDLER": "dispatch.api.problems.problem",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Check Once",
    "DESCRIPTION": "The street office's cases, check-once orders and visits, by the same rules as its faces.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "WEBHOOKS": ["dispatch.api.views.webhooks.SENT"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RequestKindEnum": "cases.models.RequestKind",
        "TargetKindEnum": "cases.models.TargetKind",
        "OrderKindEnum": "cases.models.OrderKind",
        "LineKindEnum": "cases.models.LineKind",
        "SquadKindEnum": "teams.models.SquadKind",
        "CaseStageEnum": "cases.models.CaseStage",
        "OrderStateEnum": "cases.models.OrderState",
        "PartStateEnum": "cases.models.PartState",
        "NeedStateEnum": "cases.models.NeedState",
        "VisitStateEnum": "cases.models.VisitState",
        "FindingStateEnum": "cases.models.FindingState",
        "LabStateEnum": "cases.models.LabState",
        "VisitOutcomeEnum": "cases.models.VisitOutcome",
        "RulingOutcomeEnum": "cases.models.RulingOutcome",
        "DispositionEnum": "cases.models.Disposition",
        "DecisionEnum": "dispatch.api.serializers.cases.DECISIONS",
        "ResultEnum": "cases.models.Result",
    },
}

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="dispatch@localhost")

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy leads http to https (SSL_REDIRECT=1 does it here); its health check comes by http
    "security.W021",  # the preload list is the domain owner's decision, not a program's
]
