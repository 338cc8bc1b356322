"""Addresses of the documents; `/definitions/<term>/` is the stable short one."""

from django.urls import path

from definitions import views

app_name = "definitions"
urlpatterns = [
    path("agreement/", views.agreement, name="agreement"),
    path("agreement/timeline/", views.timeline, name="timeline"),
    path("agreement/review/", views.review, name="review"),
    path("agreement/substitutes/", views.substitutes, name="substitutes"),
    path("agreement/substitutes/<int:pk>/end/", views.substitute_end, name="substitute_end"),
    path("agreement/<slug:kind>/", views.document, name="document"),
    path("agreement/<slug:kind>/compare/", views.compare, name="compare"),
    path("agreement/<slug:kind>/<int:number>/", views.version, name="version"),
    path("agreement/<slug:kind>/<int:number>/text/", views.canonical_text, name="canonical_text"),
    path("agreement/<slug:kind>/<int:number>/certificate/", views.certificate, name="certificate"),
    path(
        "agreement/<slug:kind>/<int:number>/withdraw/",
        views.version_withdraw,
        name="version_withdraw",
    ),
    path(
        "agreement/<slug:kind>/<int:number>/comments/",
        views.version_comments,
        name="version_comments",
    ),
    path("definitions/", views.index, name="index"),
    path("definitions/<slug:term>/", views.term, name="term"),
    path("d/<slug:term>/", views.short, name="short"),
    path("reading/", views.reading, name="reading"),
    path("reading/readers/", views.readers, name="readers"),
    path("reading/remind/", views.remind, name="remind"),
    path("drafts/<slug:kind>/", views.draft, name="draft"),
    path("drafts/<slug:kind>/open/", views.draft_open, name="draft_open"),
    path("drafts/<slug:kind>/send/", views.draft_send, name="draft_send"),
    path("drafts/<slug:kind>/add/", views.clause_add, name="clause_add"),
    path("drafts/<slug:kind>/clauses/<path:key>/", views.clause, name="clause"),
    path(
        "agreement/<slug:kind>/<int:number>/restore/",
        views.version_restore,
        name="version_restore",
    ),
    path("drafts/<slug:kind>/give-up/", views.draft_give_up, name="draft_give_up"),
    path("drafts/<slug:kind>/approve/", views.draft_approve, name="draft_approve"),
    path("drafts/<slug:kind>/comments/<path:key>/", views.comments, name="comments"),
    path("comments/<int:pk>/resolve/", views.comment_resolve, name="comment_resolve"),
    path("drafts/<slug:kind>/shape/<path:key>/", views.clause_shape, name="clause_shape"),
    path("drafts/<slug:kind>/reading/<path:key>/", views.clause_reading, name="clause_reading"),
    path("sign/<int:pk>/", views.sign, name="sign"),
    path("sign/<int:pk>/decline/", views.decline, name="decline"),
    path("verify/", views.verification, name="verification"),
]
