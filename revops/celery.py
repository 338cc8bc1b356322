"""The Celery application: `celery -A revops.celery worker` and `... beat`."""

import os

# Set before the settings are read: a worker's statements may take longer than a page's.
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "60")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")

from celery import Celery
from django.conf import settings

from revops import guards

app = Celery("accord")
app.conf.update(
    broker_url=settings.REDIS_URL or None,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 300,  # longer than the hard time limit
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
    # UTC and plain intervals only: no result backend, no ETA tasks, nothing but names in messages.
    timezone="UTC",
    enable_utc=True,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A message is confirmed after the work; a killed worker's message comes back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_soft_time_limit=60,
    task_time_limit=90,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    },
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=300_000,
    worker_soft_shutdown_timeout=20,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_eta_task_limit=100,
    worker_hijack_root_logger=False,  # the log format of the settings stays
)
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
