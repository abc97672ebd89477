"""Where HyperKitty stands, and what its pages link to: for .ci/peer/mailman.sh."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("hyperkitty/", include("hyperkitty.urls")),
    path("mailman3/", include("django_mailman3.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
