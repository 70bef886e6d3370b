"""The kiosk's pages."""

from django.urls import path

from honnin.kiosk import views

app_name = "kiosk"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("card/<slug:pin>/", views.card, name="card"),
    path("known/", views.known_pin, name="known_pin"),
    path("new/", views.new_pin, name="new_pin"),
    path("receipt/", views.receipt, name="receipt"),
    path("ended/", views.ended, name="ended"),
    path("leave/", views.leave, name="leave"),
]
