"""Addresses of the promises' pages."""

from django.urls import path

from sla import views

app_name = "sla"
urlpatterns = [
    path(
        "promises/<slug:kind>/preview/<path:key>/", views.promise_preview, name="promise_preview"
    ),
]
