"""A small identity provider (OpenID Connect) on this machine, which signs in whoever it is told to.

It checks what real ones check: client, redirect address, PKCE, codes that work once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.responses import RedirectResponse, Response

from shared.processes import free_port, wait_until

CLIENT, SECRET = "juntos", "provider-gave-this"
START_SECONDS = 20.0
VALID_SECONDS = 300


def new_key() -> RSAKey:
    """Make a key that signs tokens."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}, auto_kid=False)


@dataclass
class Person:
    """Whom the provider signs in.

    Attributes
    ----------
    claims : dict
        What its tokens say of them.
    told : dict
        What only its userinfo address says.
    """

    claims: dict[str, Any]
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class Provider:
    """The provider, and how it can go wrong.

    Attributes
    ----------
    issuer : str
    person : Person
        Who sits at the browser.
    signing, published : RSAKey
        What signs tokens, and what can be fetched to check them.
    changes : dict
        Claims of the next tokens in place of the right ones.
    says : dict
        What it says of itself in place of what is right.
    denies : bool
        Whether the person says no.
    """

    issuer: str
    redirect: str
    person: Person
    signing: RSAKey
    published: RSAKey
    changes: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    denies: bool = False
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)

    def application(self) -> FastAPI:
        """Return its addresses."""
        site = FastAPI()
        site.get("/.well-known/openid-configuration")(self.configuration)
        site.get("/keys")(self.keys)
        site.get("/authorize")(self.authorize)
        site.post("/token")(self.token)
        site.get("/userinfo")(self.userinfo)
        return site

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
            **self.says,
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.published]).as_dict(private=False))

    def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        wanted = {
            "client_id": CLIENT,
            "redirect_uri": self.redirect,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        if any(asked.get(name) != value for name, value in wanted.items()):
            raise HTTPException(400, "not one of our clients")
        if "openid" not in asked["scope"].split() or not asked["nonce"]:
            raise HTTPException(400, "no OpenID Connect")
        if self.denies:
            answer = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            answer = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{self.redirect}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> dict[str, Any]:
        form = await request.form()
        given = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(str(form.get("code")), None)
        challenge = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        if (
            request.headers.get("authorization") != f"Basic {given}"
            or asked is None
            or form.get("redirect_uri") != self.redirect
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            raise HTTPException(400, "invalid_grant")
        access = secrets.token_urlsafe(16)
        self._given.add(access)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": VALID_SECONDS,
            "id_token": self._identity(asked["nonce"]),
        }

    def userinfo(self, request: Request) -> dict[str, Any]:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._given:
            raise HTTPException(401)
        return {**self.person.claims, **self.person.told}

    def _identity(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + VALID_SECONDS,
            "nonce": nonce,
            **self.person.claims,
            **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if claims.pop("unsigned", False):
            return _unsigned(claims)
        return jwt.encode({"alg": "RS256", "kid": self.signing.kid}, claims, self.signing)


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in parts]
    return b".".join([*texts, b""]).decode()


@contextmanager
def identity_provider(redirect: str, person: Person) -> Iterator[Provider]:
    """Serve a provider while the block runs."""
    port, key = free_port(), new_key()
    provider = Provider(f"http://127.0.0.1:{port}", redirect, person, key, key)
    config = uvicorn.Config(
        provider.application(), host="127.0.0.1", port=port, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert wait_until(lambda: server.started, START_SECONDS)
        yield provider
    finally:
        server.should_exit = True
        thread.join()
