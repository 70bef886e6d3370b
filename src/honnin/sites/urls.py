"""Addresses of the pages of every role that this process plays."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from honnin.sites import views
from honnin.sites.sign_in import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.start, name="start"),
    path("sign-in/", SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("language/", include("django.conf.urls.i18n")),
    path("counter/", include("honnin.municipality.counter.urls")),
    path("hotline/", include("honnin.agency.hotline.urls")),
]

handler400 = "honnin.sites.views.bad_request"
handler403 = "honnin.sites.views.not_allowed"
handler404 = "honnin.sites.views.not_found"
handler500 = "honnin.sites.views.server_error"
