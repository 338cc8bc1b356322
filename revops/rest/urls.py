"""Addresses below `/api/`: the endpoints of each app, the schema and its page."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from revops.rest.views import not_found

urlpatterns = [
    path("v1/", include("pipeline.api.urls")),
    path("v1/", include("sla.api")),
    path("v1/", include("sla.api_excuses")),
    path("v1/", include("sla.api_calendars")),
    path("v1/", include("definitions.api")),
    path("v1/", include("revops.outbox.api")),
    path(
        "schema/",
        SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="api_schema",
    ),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="api_schema", authentication_classes=[], permission_classes=[]
        ),
        name="api_docs",
    ),
    # Whatever else is asked for here gets a problem document, not a page.
    re_path(r"^.*$", not_found, name="api_not_found"),
]
