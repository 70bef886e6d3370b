"""Addresses of the counter's pages. None says who it is about: people and copies have opaque ids there."""

from honnin.municipality.counter.declaration import registered

app_name = "counter"
urlpatterns = [page for each in registered() for page in each.urls]
