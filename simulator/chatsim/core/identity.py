"""Who exists in a world and which tokens it gave out: what the token server fills and the APIs behind it ask.

Knows nothing of HTTP. A token counts only if this very world issued it: the signing keys are published, so the
signature proves nothing alone; its id must be on record, and the token must end as the recorded one does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Mapping
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from chatsim.core.accounts import Client, IdentityState, Issued, Realm, TokenKind, User, UserSession
from chatsim.core.clock import SECOND
from chatsim.core.ids import Ids
from chatsim.core.keys import encryption_jwk, kid, private_key, public_key, signing_jwk
from chatsim.core.tokens import TokenRefused, check_time, kid_of, read, sign

NEVER: Final = 253_402_300_799
"""The `exp` on record of a token without one: the last second of the year 9999."""

_TAIL: Final = 32
_CACHED: Final = 4096


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What an accepted access token says. Texts are empty where the token is silent; `raw` are all of its claims.

    `client_id` equals `azp`. `public` says whether that client, as known now, has no secret.
    """

    sub: str
    azp: str
    client_id: str
    realm: str
    username: str
    email: str
    scope: str
    sid: str
    jti: str
    exp: int
    nbf: int
    public: bool
    raw: dict[str, Any]


class Identity:
    """The accounts, sessions and tokens of one world. `state` is all that a snapshot needs, the rest is made of it."""

    __slots__ = ("_emails", "_expiries", "_generations", "_ids", "_subs", "_verified", "state")

    def __init__(self, ids: Ids, state: IdentityState | None = None) -> None:
        self._ids = ids
        self.restore(state or IdentityState())

    def restore(self, state: IdentityState) -> None:
        """Take over `state`, forgetting everything that was."""
        self.state = state
        state.secret = state.secret or self._ids.secret_bytes("refresh-key", "").hex()
        self.reindex()

    def reindex(self) -> None:
        """Rebuild what is derived from `state`; call it after changing `state` by hand."""
        state = self.state
        self._emails: dict[tuple[str, str], str] = {}
        self._subs: dict[tuple[str, str], str] = {}
        self._verified: dict[str, Claims] = {}
        self._generations = {kid(number): number for number in range(state.oldest_key, state.key + 1)}
        self._expiries = [(issued.exp, jti) for jti, issued in state.issued.items()]
        heapq.heapify(self._expiries)
        for realm in state.realms.values():
            for client in realm.clients.values():
                self._subs[realm.name, client.sub] = service_account_name(client.client_id)
            for user in realm.users.values():
                self._index_user(realm.name, user)

    def _index_user(self, realm: str, user: User) -> None:
        self._subs[realm, user.sub] = user.username
        if user.email:
            self._emails[realm, user.email.lower()] = user.username

    # Accounts

    @property
    def realms(self) -> Mapping[str, Realm]:
        """The realms by name; change them with the methods below, which keep the indexes."""
        return self.state.realms

    def add_realm(self, name: str) -> Realm:
        """Return the realm of that name, making it if there is none."""
        return self.state.realms.setdefault(name, Realm(name))

    def new_client(self, realm: str, client_id: str) -> Client:
        """Return a client as it would be made; it exists only once it is added."""
        return Client(client_id, self._ids.named_uuid("service-account", f"{realm}/{client_id}"))

    def add_client(self, realm: str, client: Client) -> None:
        """Add or replace a client, making the realm if need be."""
        self.add_realm(realm).clients[client.client_id] = client
        self._subs[realm, client.sub] = service_account_name(client.client_id)
        self._verified.clear()

    def new_user(self, realm: str, name: str) -> User:
        """Return a user as it would be made; one whose name looks like an e-mail address has that address."""
        username = name.lower()
        sub = self._ids.named_uuid("user", f"{realm}/{username}")
        return User(username, sub, email=username if "@" in username else None)

    def add_user(self, realm: str, user: User) -> None:
        """Add or replace a user, making the realm if need be."""
        users = self.add_realm(realm).users
        known = user.username in users
        users[user.username] = user
        if known:
            self.reindex()
        else:
            self._index_user(realm, user)

    def remove_realm(self, name: str) -> bool:
        """Remove a realm and all that is of it; tell whether it was there."""
        state = self.state
        state.issued = {jti: issued for jti, issued in state.issued.items() if issued.realm != name}
        self._end_sessions(lambda session: session.realm == name)
        removed = state.realms.pop(name, None)
        self.reindex()
        return removed is not None

    def remove_client(self, realm: str, client_id: str) -> bool:
        """Remove a client and its sessions; tell whether it was there."""
        self._end_sessions(lambda session: (session.realm, session.client_id) == (realm, client_id))
        home = self.state.realms.get(realm)
        removed = home.clients.pop(client_id, None) if home else None
        self.reindex()
        return removed is not None

    def remove_user(self, realm: str, username: str) -> bool:
        """Remove a user, named in lower case, and the user's sessions; tell whether it was there."""
        home = self.state.realms.get(realm)
        removed = home.users.pop(username, None) if home else None
        if removed is not None:
            self._end_sessions(lambda session: (session.realm, session.sub) == (realm, removed.sub))
        self.reindex()
        return removed is not None

    def find_user(self, realm: str, name_or_email: str) -> User | None:
        """Return the user who has this name, or else this e-mail address, in any case of letters."""
        home = self.state.realms.get(realm)
        if home is None:
            return None
        name = name_or_email.lower()
        return home.users.get(name) or home.users.get(self._emails.get((realm, name), ""))

    def user_by_sub(self, realm: str, sub: str) -> User | None:
        """Return the person whose tokens carry this `sub`; a service account is none."""
        home = self.state.realms.get(realm)
        return home.users.get(self._subs.get((realm, sub), "")) if home else None

    def is_sub(self, realm: str, value: str) -> bool:
        """Whether `value` is the `sub` of a user or service account of the realm."""
        return (realm, value) in self._subs

    # Sessions

    def new_session(self, realm: str, sub: str, client_id: str, now: int) -> UserSession:
        """Begin a session; it ends with its last refresh token, of which there is none yet."""
        second = now // SECOND
        session = UserSession(self._ids.secret_uuid("session"), realm, sub, client_id, second, second)
        self.state.sessions[session.sid] = session
        return session

    def end_session(self, sid: str) -> None:
        """Log out: what is asked of the server about the session's tokens is now answered with no."""
        self.state.sessions.pop(sid, None)
        self._verified.clear()

    def end_sessions_of(self, ended: UserSession) -> None:
        """Log the user of a session out of its client, in every session."""
        whose = (ended.realm, ended.sub, ended.client_id)
        self._end_sessions(lambda session: (session.realm, session.sub, session.client_id) == whose)

    def _end_sessions(self, which: Callable[[UserSession], bool]) -> None:
        for session in list(self.state.sessions.values()):
            if which(session):
                self.end_session(session.sid)

    def session_active(self, issued: Issued) -> bool:
        """Whether the session of a token is still there; a token without one needs none."""
        return issued.sid is None or issued.sid in self.state.sessions

    # Tokens

    def issue(
        self, claims: dict[str, Any], *, kind: TokenKind, realm: str, client_id: str, sid: str | None, now: int
    ) -> str:
        """Sign `claims`, with a fresh `jti` unless they bring one, and put the token on record."""
        self._prune(now // SECOND)
        claims = {**claims, "jti": claims.get("jti") or self._ids.secret_uuid("token")}
        if kind == "refresh":
            token = sign(claims, self._refresh_key(realm), "HS512", self._refresh_kid(realm))
        else:
            token = sign(claims, private_key(self.state.key), "RS256", kid(self.state.key))
        exp = claims.get("exp") or NEVER
        self.state.issued[claims["jti"]] = Issued(exp, token[-_TAIL:], kind, realm, client_id, sid)
        heapq.heappush(self._expiries, (exp, claims["jti"]))
        if kind == "refresh" and sid in self.state.sessions:
            session = self.state.sessions[sid]
            session.expires = max(session.expires, exp)
        return token

    def verify(self, token: str, realm: str | None, now: int) -> Claims:
        """Accept an access token as a server behind the token server does: by itself, asking nobody.

        So a log-out does not end it before its time, but revoking or expiring it does. `realm` is the one it must be
        of, None for any; the host in `iss` is not compared. `now` is in nanoseconds.

        Raises:
            TokenRefused: malformed, signature, expired or foreign.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._first_look(token, now)
            if len(self._verified) >= _CACHED:
                self._verified.clear()
            self._verified[token] = claims
        elif not claims.nbf * SECOND <= now < claims.exp * SECOND:
            raise TokenRefused("expired")
        if realm is not None and claims.realm != realm:
            raise TokenRefused("foreign")
        return claims

    def _first_look(self, token: str, now: int) -> Claims:
        raw = self._read_signed(token)
        issued = self._record(token, raw, now)
        home = self.state.realms.get(issued.realm)
        stale = home is not None and (raw.get("iat") or 0) < home.not_before
        if issued.kind != "access" or issued.revoked or stale:
            raise TokenRefused("foreign")
        azp = _text(raw, "azp")
        client = home.clients.get(azp) if home else None
        return Claims(
            sub=_text(raw, "sub"),
            azp=azp,
            client_id=azp,
            realm=issued.realm,
            username=_text(raw, "preferred_username"),
            email=_text(raw, "email"),
            scope=_text(raw, "scope"),
            sid=_text(raw, "sid"),
            jti=_text(raw, "jti"),
            exp=issued.exp,
            nbf=raw.get("nbf") or 0,
            public=client is not None and client.public,
            raw=raw,
        )

    def look_up(self, token: str, realm: str, now: int, *, expired_too: bool = False) -> tuple[dict[str, Any], Issued]:
        """Return claims and record of a token of any kind, for the server that issued it.

        Whether it was revoked, its session ended or its realm's `not_before` passed is left to the caller.
        `expired_too` accepts a token after its time, as a log-out does.

        Raises:
            TokenRefused: malformed, signature, expired or foreign.
        """
        if kid_of(token) == self._refresh_kid(realm):
            raw = read(token, self._refresh_key(realm), "HS512")
        else:
            raw = self._read_signed(token)
        issued = self._record(token, raw, None if expired_too else now)
        if issued.realm != realm:
            raise TokenRefused("foreign")
        return raw, issued

    def _read_signed(self, token: str) -> dict[str, Any]:
        generation = self._generations.get(kid_of(token) or "")
        if generation is None:
            raise TokenRefused("signature")
        return read(token, public_key(generation), "RS256")

    def _record(self, token: str, raw: dict[str, Any], now: int | None) -> Issued:
        """Find the record of a well signed token; `now` None does not look at its time."""
        if now is not None:
            check_time(raw, now)
        issued = self.state.issued.get(_text(raw, "jti"))
        # Compared to the last character: `look_up` and `verify` accept nothing that only looks like an issued token.
        if issued is None or issued.tail != token[-_TAIL:] or realm_of(_text(raw, "iss")) != issued.realm:
            raise TokenRefused("foreign")
        if issued.expired and now is not None:
            raise TokenRefused("expired")
        return issued

    def revoke(self, issued: Issued) -> None:
        """Take back one token, for the servers behind as well."""
        issued.revoked = True
        self._verified.clear()

    def expire(self, kinds: Container[TokenKind], realm: str | None = None, client_id: str | None = None) -> int:
        """Mark issued tokens as expired, all or those of a realm or client; later ones live as usual. Tell how many."""
        marked = 0
        for issued in self.state.issued.values():
            if issued.kind in kinds and realm in (None, issued.realm) and client_id in (None, issued.client_id):
                marked += not issued.expired
                issued.expired = True
        self._verified.clear()
        return marked

    def forget_tokens(self) -> None:
        """Look at every token anew, since an account that tokens depend on was changed."""
        self._verified.clear()

    def rotate(self, *, keep_old: bool = False) -> str:
        """Sign with the next key and return its id. The old ones leave the JWKS and count no more, unless kept."""
        state = self.state
        state.key += 1
        # Two key pairs beside the current one: a third generation back would have the same pair again.
        state.oldest_key = max(state.oldest_key, state.key - 2) if keep_old else state.key
        self.reindex()
        return kid(state.key)

    def jwks(self) -> list[dict[str, Any]]:
        """Return the JSON Web Keys of every realm: the current signing key first."""
        return [*(signing_jwk(number) for number in reversed(self._generations.values())), encryption_jwk()]

    def _refresh_key(self, realm: str) -> bytes:
        secret = bytes.fromhex(self.state.secret)
        return blake2b(realm.encode("utf-8", "surrogatepass"), key=secret, digest_size=64).digest()

    def _refresh_kid(self, realm: str) -> str:
        return self._ids.named_uuid("refresh-key", realm)

    def _prune(self, second: int) -> None:
        while self._expiries and self._expiries[0][0] <= second:
            jti = heapq.heappop(self._expiries)[1]
            issued = self.state.issued.get(jti)
            if issued is None:
                continue
            session = self.state.sessions.get(issued.sid or "")
            # An expired refresh or identity token can still end its session, so it is kept as long as that.
            end = issued.exp if session is None or issued.kind == "access" else session.expires
            if end > second:
                heapq.heappush(self._expiries, (end, jti))
                continue
            del self.state.issued[jti]
            if session is not None and session.expires <= second:
                del self.state.sessions[session.sid]


def service_account_name(client_id: str) -> str:
    """Return the user name of a client's service account."""
    return f"service-account-{client_id.lower()}"


def realm_of(issuer: str) -> str:
    """Return the realm that an `iss` ends with, whatever its host; empty where it names none."""
    return unquote(issuer.rpartition("/realms/")[2]) if "/realms/" in issuer else ""


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
