"""Settings of the project, read from the environment; docs/settings.md lists every variable."""

from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_INLINE

from revops import embedded, env, logs
from revops.outbox import letters

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()

# Who may reach the site, and with which secret. `revops.checks` refuses to serve what is unsafe.
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
BASE_URL = env.text("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")
IS_EMBEDDED = not env.text("DATABASE_URL")
DEVELOPMENT_KEY = "development-only"
SECRET_KEY = env.text("SECRET_KEY") or (
    env.secret_file(DATA_DIR / "secret_key") if IS_EMBEDDED else DEVELOPMENT_KEY
)

INSTALLED_APPS = [
    "revops",
    "revops.people",
    "revops.audit",
    "revops.outbox",
    "definitions",
    "sla",
    "pipeline",
    "dashboards",
    "simple_history",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "revops.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "revops.middleware.session_limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "revops.middleware.instant",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "revops.urls"
WSGI_APPLICATION = "revops.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["revops.templatetags.ui", "template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# The application's role; the owner migrates (`revops.roles.as_owner`). Limits are per connection.
STATEMENT_TIMEOUT_SECONDS = env.whole("STATEMENT_TIMEOUT_SECONDS", default=15)
DATABASES = {
    "default": (
        env.database("DATABASE_URL")
        or embedded.place(DATA_DIR).address(user=embedded.APP, database="accord")
    )
    | {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
}
DATABASES["default"]["OPTIONS"] = env.connection_options(
    statement_seconds=STATEMENT_TIMEOUT_SECONDS, given=DATABASES["default"]["OPTIONS"]
)
DATABASE_OWNER = (
    embedded.place(DATA_DIR).address(user=embedded.OWNER, database="accord")
    if IS_EMBEDDED
    else env.database("DATABASE_OWNER_URL")
)

# Creates roles and databases; where there is no such address the owner does, if it may.
DATABASE_ADMIN = (
    embedded.place(DATA_DIR).address(user=embedded.ADMIN, database="postgres")
    if IS_EMBEDDED
    else None
)

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "revops.people.backends.RoleBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "people:login"
LOGIN_REDIRECT_URL = "/"

# Five bad logins close an account to an address for a quarter of an hour, twenty the address.
AXES_HANDLER = "revops.logins.LoginHandler"
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "errors/429.html"
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # the handler counts addresses by itself

# Browsers keep a `__Host-` cookie only over TLS, so plain addresses get plain names.
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 8 * 3600
SESSION_ABSOLUTE_AGE = 7 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL] if IS_HTTPS else []
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],  # Plotly writes its layout into a style element
        "img-src": [SELF, "data:", "blob:"],  # and draws pictures for the download button
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False

# Libraries' files are served from their wheels; a fetched smaller chart bundle wins over Plotly's.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "revops.staticfiles.PlotlyFinder",
]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "revops.staticfiles.HashedStorage"
    },
}

# Services that run again and again: (dotted path, seconds between runs). Each takes `at` and may
# run twice, late, or in several places at once. Celery beat, the scheduler thread and
# `manage.py sweep` all read this list.
PERIODIC_SERVICES: list[tuple[str, int]] = [
    ("sla.services.sweep", 30),
    ("sla.services.close_months", 1800),
    ("revops.outbox.services.deliver", 30),
    ("revops.audit.services.seal_batches", 300),
    ("revops.housekeeping.forget_expired", 3600),
    ("pipeline.services.handover.hand_over_absences", 60),
    ("dashboards.morning.announce_mornings", 60),
    ("pipeline.services.answers.forget_answers", 3600),
    ("pipeline.services.backtests.run_waiting_backtests", 5),
    ("pipeline.services.rescoring.rescore_nurture", 30),
    ("definitions.services.expire_requests", 3600),
    ("definitions.services.remind_signers", 3600),
    ("definitions.services.announce_in_force", 60),
    ("definitions.services.announce_reviews", 3600),
    ("definitions.services.note_head", 3600),
]
# What `provision` runs once the tables are there; it may be run again.
INSTALL_SERVICES = ["definitions.services.install_defaults"]
# Columns that the first statement of a page reads with the organisation, each a function.
READER_COLUMNS = ["definitions.selectors.reader_columns", "revops.outbox.selectors.reader_columns"]
# Where terms are used: functions of a term's code that answer with definitions.uses.Use.
USES_OF_TERMS = ["dashboards.selectors.uses.uses_of", "pipeline.selectors.uses.uses_of"]
# What keeps a draft from being signed beyond its own text: functions of (document, at) that answer
# with definitions.lint.Finding.
DRAFT_CHECKS = [
    "sla.selectors.process.refused_numbers",
    "sla.selectors.reach.refused_allowances",
]
STAGES_OF_TERM = "pipeline.words.stages_of"  # the moves a term governs
LEADS_JUDGED = "pipeline.selectors.uses.leads_judged"  # per version of the definitions
SWEEP_SERVICE = "sla.services.sweep"  # the one that /health/sweep watches
OLDEST_OVERDUE = "sla.selectors.oldest_overdue"  # the earliest breach_at not flagged, or None

REDIS_URL = env.text("REDIS_URL")  # the broker; without it the scheduler thread does the work
# Channels messages leave by; what is not configured here gets no messages.
MAIL = env.mail("EMAIL_URL")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(MAIL or {})
SLACK_WEBHOOK_URL = env.text("SLACK_WEBHOOK_URL")
WEBHOOKS_MAY_BE_LOCAL = env.flag("WEBHOOKS_MAY_BE_LOCAL", default=False)  # for development
OUTBOX_LETTERS = letters.LETTERS
OUTBOX_RECORDS = "dashboards.letters.records"  # reads what many letters need at once
# When people work: from when a mail may leave, and when digests do. Functions of `at`.
BUSINESS_OPENING = "sla.selectors.hours.next_opening"
BUSINESS_MORNING = "sla.selectors.hours.next_morning"

LOG_LEVEL = env.choice("LOG_LEVEL", options=("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOGGING = logs.configuration(level=LOG_LEVEL, as_json=not DEBUG)

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Accord",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["revops.rest.schema.describe_refusals"],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # the schema has tests of its own
}
