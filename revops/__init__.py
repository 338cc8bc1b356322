"""The project: settings, URLs, Celery, and the shared people, audit, outbox and rest packages."""
