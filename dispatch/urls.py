"""Every address of the house; each face brings its own."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from dispatch.web import accounts, appearance, health, invitations, maps, proof, sessionpages
from dispatch.web.metrics.page import metrics

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one door: limits, second factor
admin.site.unregister(Authenticator)  # its form shows the secret of a second factor

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("session/", accounts.session_alive, name="session_alive"),
    path("landing/", accounts.landing, name="landing"),
    path("welcome/<str:token>/", invitations.invitation, name="invitation"),
    path("accounts/sessions/", sessionpages.sessions, name="account_sessions"),
    # Before allauth's own of the same names: they send a kept form on, and lead in no circle.
    path("accounts/reauthenticate/", proof.by_password, name="account_reauthenticate"),
    path("accounts/2fa/authenticate/", proof.second_step, name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", proof.by_code, name="mfa_reauthenticate"),
    path("accounts/2fa/webauthn/reauthenticate/", proof.by_passkey, name="mfa_reauthenticate_webauthn"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("appearance/", appearance.appearance_set, name="appearance_set"),
    path("map/ground/", maps.ground, name="map_ground"),
    path("admin/", admin.site.urls),
    path("console/", include("dispatch.console.urls")),
    path("field/", include("dispatch.field.urls")),
    path("api/", include("dispatch.api.urls")),
    path("", include("dispatch.portal.urls")),
]
