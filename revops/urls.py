"""URLs of the project; each app brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from revops import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("health/sweep", health.sweep, name="health_sweep"),
    path("", include("revops.people.urls")),
    path("", include("revops.outbox.urls")),
    path("", include("definitions.urls")),
    path("", include("sla.urls")),
    path("", include("pipeline.urls")),
    path("", include("dashboards.urls")),
    path("api/", include("revops.rest.urls")),
]
