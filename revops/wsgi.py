"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")
application = get_wsgi_application()

from revops import guards  # noqa: E402 (settings come first)

guards.refuse_unsafe_start()
