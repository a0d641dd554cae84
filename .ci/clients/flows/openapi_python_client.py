"""What the client of openapi-python-client is put through: an account's whole life, in the body and in the cookie."""

import os
import time

from accounts_client import AuthenticatedClient, Client
from accounts_client.api.accounts import delete_user, get_user, register
from accounts_client.api.passwords import change_password
from accounts_client.api.sessions import end_session, list_sessions, login, logout, refresh
from accounts_client.models import Credentials, PasswordChange, RefreshToken, Registration, UserDeletion
from accounts_client.types import UNSET

BASE = os.environ["BASE"]
PASSWORD = "correct horse battery staple"
NEW = "a new horse and a new battery"


def check(answer, status, what):
    assert answer.status_code == status, f"{what}: {answer.status_code}, not {status}: {answer.content}"
    return answer.parsed


def run(mode):
    email = f"python-{mode}-{time.time_ns()}@example.com"
    # httpx keeps the cookie.
    public = Client(base_url=BASE)

    def signed_in(tokens):
        assert (tokens.refresh is not UNSET) == (mode == "token"), "the refresh token went astray"
        return AuthenticatedClient(base_url=BASE, token=tokens.access)

    def shown(tokens):
        return RefreshToken(refresh=tokens.refresh) if mode == "token" else RefreshToken()

    registration = Registration(email=email, password1=PASSWORD, password2=PASSWORD)
    check(register.sync_detailed(client=public, body=registration, prefer=mode), 201, "register")
    tokens = check(login.sync_detailed(client=public, body=Credentials(email=email, password=PASSWORD), prefer=mode), 200, "login")
    check(login.sync_detailed(client=Client(base_url=BASE), body=Credentials(email=email, password="wrong"), prefer=mode), 401, "a wrong password")
    assert check(get_user.sync_detailed(client=signed_in(tokens)), 200, "user").email == email
    tokens = check(refresh.sync_detailed(client=public, body=shown(tokens), prefer=mode), 200, "refresh")
    sessions = check(list_sessions.sync_detailed(client=signed_in(tokens)), 200, "sessions")
    other = next(session for session in sessions if not session.current)
    check(end_session.sync_detailed(client=signed_in(tokens), id=other.id), 204, "end_session")
    check(end_session.sync_detailed(client=signed_in(tokens), id=other.id), 404, "end_session again")
    change = PasswordChange(old_password=PASSWORD, new_password1=NEW, new_password2=NEW)
    tokens = check(change_password.sync_detailed(client=signed_in(tokens), body=change, prefer="token"), 200, "change_password")
    check(logout.sync_detailed(client=public, body=RefreshToken(refresh=tokens.refresh)), 200, "logout")
    check(refresh.sync_detailed(client=public, body=RefreshToken(refresh=tokens.refresh), prefer=mode), 401, "refresh after logout")
    tokens = check(login.sync_detailed(client=public, body=Credentials(email=email, password=NEW), prefer=mode), 200, "login again")
    check(delete_user.sync_detailed(client=signed_in(tokens), body=UserDeletion(password=NEW)), 204, "delete_user")


for mode in ["token", "cookies"]:
    run(mode)
print("openapi-python-client: the whole flow, in the body and in the cookie")
