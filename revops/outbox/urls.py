"""Addresses of notices."""

from django.urls import path

from revops.outbox import views

app_name = "outbox"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/preferences/", views.preferences, name="preferences"),
    path("notices/undelivered/", views.undelivered, name="undelivered"),
    path("notices/undelivered/<int:pk>/retry/", views.undelivered_retry, name="undelivered_retry"),
    path("notices/<int:pk>/read/", views.notice_read, name="notice_read"),
]
