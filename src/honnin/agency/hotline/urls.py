"""Addresses of the hotline's pages."""

from django.urls import path

from honnin.agency.hotline import views

app_name = "hotline"

urlpatterns = [
    path("", views.search, name="search"),
    path("calls/", views.calls, name="calls"),
    path("holders/<str:person_code>/", views.holder, name="holder"),
    path("holders/<str:person_code>/hold/", views.confirm, name="confirm"),
]
