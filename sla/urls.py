"""Addresses of the promises' pages and of the calendars they count in."""

from django.urls import path

from sla import views

app_name = "sla"
urlpatterns = [
    path(
        "promises/<slug:kind>/preview/<path:key>/", views.promise_preview, name="promise_preview"
    ),
    path("calendars/", views.calendar_list, name="calendar_list"),
    path("calendars/new/", views.calendar_create, name="calendar_create"),
    path("calendars/preview/", views.calendar_preview, name="calendar_preview"),
    path("calendars/territories/", views.territories, name="territories"),
    path("calendars/<int:pk>/", views.calendar_detail, name="calendar_detail"),
    path("calendars/<int:pk>/edit/", views.calendar_edit, name="calendar_edit"),
    path("calendars/<int:pk>/holidays/", views.calendar_holidays, name="calendar_holidays"),
    path("calendars/<int:pk>/replan/", views.calendar_replan, name="calendar_replan"),
]
