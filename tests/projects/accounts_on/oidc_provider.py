"""A small OpenID Connect provider on the loopback, for tests: discovery, authorisation, token, user info and keys."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class OIDCProvider:
    """`person` is who logs in there; `consent` whether they agree; `broken` what goes wrong: "token", "userinfo" or "discovery"."""

    def __init__(self) -> None:
        self.person = {
            "sub": "1234",
            "preferred_username": "ada",
            "email": "ada@example.org",
            "email_verified": True,
            "name": "Ada Lovelace",
        }
        self.consent, self.broken, self.codes = True, "", {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def answer(handler: BaseHTTPRequestHandler, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            if self.broken == "discovery":
                return self.answer(handler, 500, {})
            return self.answer(
                handler,
                200,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "jwks_uri": f"{self.url}/jwks",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                },
            )
        if parts.path == "/authorize":
            back = {"state": asked["state"], "error": "access_denied"}
            if self.consent:
                code = f"code-{len(self.codes)}"
                self.codes[code] = asked
                back = {"state": asked["state"], "code": code}
            handler.send_response(302)
            handler.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        if parts.path == "/userinfo":
            return self.answer(handler, 200, {"odd": True} if self.broken == "userinfo" else self.person)
        if parts.path == "/jwks":
            return self.answer(
                handler, 200, {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key())) | {"kid": "1"}]}
            )
        return self.answer(handler, 404, {})

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        given = {name: values[0] for name, values in parse_qs(handler.rfile.read(int(handler.headers["Content-Length"])).decode()).items()}
        asked = self.codes.pop(given.get("code"), None)
        if self.broken == "token" or asked is None or given.get("client_secret") != "not-a-secret":
            return self.answer(handler, 400, {"error": "invalid_grant"})
        now = int(time.time())
        claims = {"iss": self.url, "aud": asked["client_id"], "iat": now, "exp": now + 300, **self.person}
        if "nonce" in asked:
            claims["nonce"] = asked["nonce"]
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        return self.answer(handler, 200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})
