"""The Celery application: `celery -A revops.celery worker` and `... beat`."""

import os

# Set before the settings are read: a worker's statements may take longer than a page's.
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "60")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")

from celery import Celery  # noqa: E402 (the environment comes first)
from django.conf import settings  # noqa: E402

from revops import guards  # noqa: E402

app = Celery("accord")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["revops"])
# A tick that no worker took before the next one is dropped, so ticks never pile up.
app.conf.beat_schedule = {
    service: {
        "task": "revops.run_periodic",
        "schedule": float(seconds),
        "args": (service,),
        "options": {"expires": seconds * 5 / 6},
    }
    for service, seconds in settings.PERIODIC_SERVICES
}
guards.refuse_unsafe_start()
