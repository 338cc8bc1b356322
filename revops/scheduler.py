"""The thread that runs periodic services inside the web process.

Of all threads on one database the holder of an advisory lock is the leader. The lock only saves
work: correctness rests on the services' own row locks and unique keys.
"""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from revops import periodic
from revops.database import database_now

logger = logging.getLogger(__name__)

LEADER_LOCK = 7_301_906
TICK_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
STATEMENT_SECONDS = 60


class Scheduler(threading.Thread):
    """Look once a second whether a service is due; start it as the leader."""

    def __init__(self) -> None:
        super().__init__(name="scheduler", daemon=True)
        self.stopped = threading.Event()
        self.is_leader = False

    def run(self) -> None:
        """Tick until stopped; a lost connection is made again after a growing pause."""
        pause = TICK_SECONDS
        while not self.stopped.wait(pause):
            try:
                self.tick()
                pause = TICK_SECONDS
            except (DatabaseError, InterfaceError) as error:
                self.is_leader = False
                connection.close()
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                logger.warning("The scheduler lost the database: %s", type(error).__name__)
            except Exception:  # the thread must outlive any defect
                logger.exception("The scheduler's tick failed")
        connection.close()

    def stop(self) -> None:
        """Let the thread end after its current service."""
        self.stopped.set()

    def tick(self) -> None:
        """Become or stay the leader, then run what is due."""
        if not self.is_leader and not self.try_to_lead():
            return
        is_stand_in = bool(settings.REDIS_URL)
        for service in periodic.due_services(at=database_now(), is_stand_in=is_stand_in):
            if self.stopped.is_set():
                return
            periodic.run_safely(service=service)

    def try_to_lead(self) -> bool:
        """Take the leader's lock if it is free; it lasts as long as this connection."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            (self.is_leader,) = cursor.fetchone()
            if self.is_leader:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, false)",
                    [f"{STATEMENT_SECONDS}s"],
                )
        return self.is_leader
