"""URLs of the shared page and of the metric endpoints."""

from django.urls import path

from dashboards import api, views
from dashboards.views import excuses, what_if
from dashboards.views import sla as sla_views

app_name = "dashboards"
urlpatterns = [
    path("", views.home, name="home"),
    path("start/", views.start, name="start"),
    path("start/breaches/", what_if.start_breaches, name="start_breaches"),
    path("start/person/", views.start_person, name="start_person"),
    path("metrics/<slug:key>/", views.metric, name="metric"),
    path("metrics/<slug:key>/rows/", views.metric_rows, name="metric_rows"),
    path("rejects/", views.rejects, name="rejects"),
    path("breaches/", views.breaches, name="breaches"),
    path("sla/", sla_views.sla, name="sla"),
    path("sla/what-if/", what_if.what_if, name="what_if"),
    path("sla/share/", sla_views.sla_share, name="sla_share"),
    path("sla/share/<int:pk>/revoke/", sla_views.sla_unshare, name="sla_unshare"),
    path("sla/slack/", sla_views.sla_slack, name="sla_slack"),
    path("shared/<str:token>/", sla_views.sla_shared, name="sla_shared"),
    path("breaches/<int:pk>/excuse/", excuses.excuse_ask, name="excuse_ask"),
    path("excuses/<int:pk>/", excuses.excuse_decide, name="excuse_decide"),
    path("sla/revisions/<int:pk>/", sla_views.revision, name="revision"),
    path("api/v1/sla/months/", api.ClosedMonthListView.as_view(), name="api_sla_months"),
    path("api/v1/metrics/", api.MetricListView.as_view(), name="api_metric_list"),
    path("api/v1/metrics/<slug:key>/", api.MetricDetailView.as_view(), name="api_metric_detail"),
    path("api/v1/metrics/<slug:key>/rows/", api.MetricRowsView.as_view(), name="api_metric_rows"),
]
