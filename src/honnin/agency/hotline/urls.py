"""Addresses of the hotline's pages. None says who it is about: holders stand under opaque ids."""

from django.urls import path

from honnin.agency.hotline import views

app_name = "hotline"

urlpatterns = [
    path("", views.search, name="search"),
    path("search/<opaque:handle>/", views.found, name="found"),
    path("calls/", views.calls, name="calls"),
    path("holders/<opaque:public_id>/", views.holder, name="holder"),
    path("holders/<opaque:public_id>/hold/", views.confirm, name="confirm"),
]
