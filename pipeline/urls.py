"""Addresses of the pipeline's pages."""

from django.urls import path

from pipeline import views

app_name = "pipeline"
urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/<int:pk>/", views.queue_panel, name="queue_panel"),
    path("leads/", views.lead_list, name="lead_list"),
    path("leads/<int:pk>/", views.lead_detail, name="lead_detail"),
    path("leads/<int:pk>/accept/", views.lead_accept, name="lead_accept"),
    path("leads/<int:pk>/reject/", views.lead_reject, name="lead_reject"),
    path("leads/<int:pk>/contact/", views.lead_contact, name="lead_contact"),
    path("leads/<int:pk>/working/", views.lead_working, name="lead_working"),
    path("leads/<int:pk>/recycle/", views.lead_recycle, name="lead_recycle"),
    path("leads/<int:pk>/disqualify/", views.lead_disqualify, name="lead_disqualify"),
    path("leads/<int:pk>/void/", views.lead_void, name="lead_void"),
    path("leads/<int:pk>/sql/", views.lead_sql, name="lead_sql"),
    path("leads/<int:pk>/mql/", views.lead_mql, name="lead_mql"),
    path("leads/<int:pk>/assign/", views.lead_assign, name="lead_assign"),
    path("leads/<int:pk>/feedback/", views.feedback_answer, name="feedback_answer"),
    path("leads/<int:pk>/opportunity/", views.lead_opportunity, name="lead_opportunity"),
    path("clocks/<int:pk>/", views.clock_detail, name="clock_detail"),
    path("import/", views.import_file, name="import"),
    path("import/confirm/", views.import_confirm, name="import_confirm"),
    path("import/errors/", views.import_errors, name="import_errors"),
    path("signals/", views.signals, name="signals"),
    path("signals/add/", views.signal_add, name="signal_add"),
    path("signals/draft/", views.signal_draft, name="signal_draft"),
    path("signals/proposal/", views.proposal_apply, name="proposal_apply"),
    path("rescoring/", views.rescoring_progress, name="rescoring_progress"),
    path("deals/", views.opportunity_list, name="opportunity_list"),
    path("deals/<int:pk>/", views.opportunity_detail, name="opportunity_detail"),
    path("deals/<int:pk>/accept/", views.opportunity_accept, name="opportunity_accept"),
    path("deals/<int:pk>/return/", views.opportunity_return, name="opportunity_return"),
    path("deals/<int:pk>/win/", views.opportunity_win, name="opportunity_win"),
    path("deals/<int:pk>/lose/", views.opportunity_lose, name="opportunity_lose"),
    path("undo/transition/<int:pk>/", views.undo_transition, name="undo_transition"),
    path("undo/assignment/<int:pk>/", views.undo_assignment, name="undo_assignment"),
    path("undo/contact/<int:pk>/", views.undo_contact, name="undo_contact"),
]
