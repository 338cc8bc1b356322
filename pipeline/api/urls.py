"""Addresses of the pipeline's endpoints, below `/api/v1/`."""

from django.urls import path

from pipeline.api import acts, deals, facts, leads, moves, timeline

app_name = "pipeline_api"
urlpatterns = [
    path("leads/", leads.LeadListView.as_view(), name="lead_list"),
    path("leads/batch/", leads.LeadBatchView.as_view(), name="lead_batch"),
    path(
        "leads/by-external-id/<str:source_system>/<str:external_id>/",
        leads.LeadByExternalIdView.as_view(),
        name="lead_by_external_id",
    ),
    path("leads/<int:pk>/", leads.LeadDetailView.as_view(), name="lead_detail"),
    path("leads/<int:pk>/timeline/", timeline.LeadTimelineView.as_view(), name="lead_timeline"),
    path(
        "leads/<int:pk>/transitions/",
        moves.LeadTransitionView.as_view(),
        name="lead_transitions",
    ),
    path(
        "leads/<int:pk>/assignments/",
        moves.LeadAssignmentView.as_view(),
        name="lead_assignments",
    ),
    path("leads/<int:pk>/pauses/", facts.LeadPauseView.as_view(), name="lead_pauses"),
    path("leads/<int:pk>/resume/", facts.LeadResumeView.as_view(), name="lead_resume"),
    path("leads/<int:pk>/merge/", facts.LeadMergeView.as_view(), name="lead_merge"),
    path("leads/<int:pk>/feedback/", facts.LeadFeedbackView.as_view(), name="lead_feedback"),
    path(
        "leads/<int:pk>/feedback/answers/",
        facts.LeadFeedbackAnswerView.as_view(),
        name="lead_feedback_answers",
    ),
    path(
        "leads/<int:pk>/feedback/<int:item>/withdraw/",
        facts.FeedbackWithdrawView.as_view(),
        name="lead_feedback_withdraw",
    ),
    path("touches/batch/", acts.TouchBatchView.as_view(), name="touch_batch"),
    path("activities/batch/", acts.ActivityBatchView.as_view(), name="activity_batch"),
    path("activities/void/", facts.ActivityVoidByNameView.as_view(), name="activity_void_named"),
    path("activities/<int:pk>/void/", facts.ActivityVoidView.as_view(), name="activity_void"),
    path("opportunities/", deals.OpportunityListView.as_view(), name="opportunity_list"),
    path(
        "opportunities/<int:pk>/",
        deals.OpportunityDetailView.as_view(),
        name="opportunity_detail",
    ),
    path(
        "opportunities/<int:pk>/transitions/",
        deals.OpportunityTransitionView.as_view(),
        name="opportunity_transitions",
    ),
]
