"""The one Celery task: run a periodic service by its name."""

from celery import shared_task

from revops import periodic


@shared_task(name="revops.run_periodic")
def run_periodic(service: str) -> None:
    """Run `service`; beat sends one message per service and interval."""
    periodic.run(service=service)
