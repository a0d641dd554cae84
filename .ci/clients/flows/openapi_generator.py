"""What the client of openapi-generator is put through: an account's whole life, in the body and in the cookie."""

import os
import time

import openapi_client as api

BASE = os.environ["BASE"]
PASSWORD = "correct horse battery staple"
NEW = "a new horse and a new battery"


def check(operation, status, what, **arguments):
    try:
        answer = operation(**arguments)
        found = answer.status_code
    except api.ApiException as refused:
        answer, found = refused, refused.status
    assert found == status, f"{what}: {found}, not {status}"
    return answer


def run(mode):
    email = f"generator-{mode}-{time.time_ns()}@example.com"
    configuration = api.Configuration(host=BASE)
    client = api.ApiClient(configuration)
    accounts, passwords, sessions = api.AccountsApi(client), api.PasswordsApi(client), api.SessionsApi(client)

    def take(answer):
        tokens = answer.data
        assert (tokens.refresh is not None) == (mode == "token"), "the refresh token went astray"
        configuration.access_token = tokens.access
        if mode == "cookies":
            cookie = next(value for name, value in answer.headers.items() if name.lower() == "set-cookie")
            # The generated client knows the cookie as an API key.
            configuration.api_key["refresh_cookie"] = cookie.split("=", 1)[1].split(";")[0]
        return api.RefreshToken(refresh=tokens.refresh) if mode == "token" else api.RefreshToken()

    new = api.Registration(email=email, password1=PASSWORD, password2=PASSWORD)
    check(accounts.register_with_http_info, 201, "register", registration=new, prefer=mode)
    credentials = api.Credentials(email=email, password=PASSWORD)
    shown = take(check(sessions.login_with_http_info, 200, "login", credentials=credentials, prefer=mode))
    wrong = api.Credentials(email=email, password="wrong")
    check(sessions.login_with_http_info, 401, "a wrong password", credentials=wrong, prefer=mode)
    assert check(accounts.get_user_with_http_info, 200, "user").data.email == email
    shown = take(check(sessions.refresh_with_http_info, 200, "refresh", refresh_token=shown, prefer=mode))
    listed = check(sessions.list_sessions_with_http_info, 200, "sessions").data
    other = next(session for session in listed if not session.current)
    check(sessions.end_session_with_http_info, 204, "end_session", id=other.id)
    check(sessions.end_session_with_http_info, 404, "end_session again", id=other.id)
    change = api.PasswordChange(old_password=PASSWORD, new_password1=NEW, new_password2=NEW)
    shown = take(check(passwords.change_password_with_http_info, 200, "change", password_change=change, prefer=mode))
    check(sessions.logout_with_http_info, 200, "logout", refresh_token=shown)
    check(sessions.refresh_with_http_info, 401, "refresh after logout", refresh_token=shown, prefer=mode)
    credentials = api.Credentials(email=email, password=NEW)
    take(check(sessions.login_with_http_info, 200, "login again", credentials=credentials, prefer=mode))
    check(accounts.delete_user_with_http_info, 204, "delete_user", user_deletion=api.UserDeletion(password=NEW))


for mode in ["token", "cookies"]:
    run(mode)
print("openapi-generator: the whole flow, in the body and in the cookie")
