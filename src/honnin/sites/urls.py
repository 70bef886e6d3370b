"""Addresses of the pages of every role that this process plays."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from honnin.console.published import views as published
from honnin.console.signing_in.sign_in import SignIn
from honnin.sites.pages import views
from honnin.sites.pages.offers import offered
from honnin.sites.roles import played

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.start, name="start"),
    path("enter/<str:role>/", views.Enter.as_view(), name="enter"),
    path("sign-in/", SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("terms/", published.terms, {"offered": offered}, name="terms_of_use"),
    path("terms/<slug:version>/", published.terms_version, {"offered": offered}, name="terms_version"),
    path("guide/", published.guide, {"offered": offered}, name="guide"),
    path("language/", include("django.conf.urls.i18n")),
    *(pattern for role in played() for pattern in role.urls()),
]

handler400 = "honnin.console.error_pages.bad_request"
handler403 = "honnin.console.error_pages.not_allowed"
handler404 = "honnin.console.error_pages.not_found"
handler500 = "honnin.console.error_pages.server_error"
