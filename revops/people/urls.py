"""Addresses of logging in and of one's own settings."""

from django.urls import path

from revops.people import views

app_name = "people"
urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("login/as/", views.sample, name="sample"),
    path("logout/", views.log_out, name="logout"),
    path("settings/", views.profile, name="profile"),
    path("settings/feed/", views.feed_renew, name="feed_renew"),
    path("settings/feed/revoke/", views.feed_revoke, name="feed_revoke"),
    path("settings/theme/", views.theme, name="theme"),
    path("gallery/", views.gallery, name="gallery"),
]
