"""Signing in and out: by identifier and passphrase, which open the person's own key."""

from starlette.requests import Request
from starlette.responses import Response

from medicore.cases.people.signing_in import sign_in as opened
from medicore.console.console import console_of, redirect
from medicore.console.protection import COOKIE, SIGN_IN, cookie_of, local
from medicore.console.sessions import LONGEST_S
from medicore.errors import ProtocolError, ReviewError, UnknownPersonError, WrongPassphraseError

_WRONG = "identifier or passphrase is wrong; five wrong passphrases in a row lock the person"


def show(request: Request) -> Response:
    """Show the form."""
    back = local(request.query_params.get("next", "/"))
    return console_of(request).page(request, "sign_in.html", back=back, message="")


def sign_in(request: Request) -> Response:
    """Open a session, or say why not; the ledger holds both."""
    console, form = console_of(request), request.state.form
    back = local(form.get("next", "/"))
    if console.sessions.wait:
        message = f"too many refused attempts; try again in {console.sessions.wait:.0f} seconds"
        return console.page(request, "sign_in.html", 429, back=back, message=message)
    try:
        person = opened(console.open_house(), form.get("person", ""), form.get("passphrase", ""))
    except (ReviewError, ProtocolError) as error:
        console.sessions.refuse()
        told = str(error) if _may_be_told(error) else _WRONG
        return console.page(request, "sign_in.html", 403, back=back, message=told)
    answer = redirect(back)
    answer.set_cookie(
        COOKIE, console.sessions.open(person), max_age=LONGEST_S, httponly=True, samesite="strict", path="/"
    )
    return answer


def sign_out(request: Request) -> Response:
    """End the session."""
    console_of(request).sessions.close(cookie_of(request))
    answer = redirect(SIGN_IN)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _may_be_told(error: ReviewError | ProtocolError) -> bool:
    """Say whether a refusal may be told as it is: not whether there is such a person, nor which part was wrong."""
    return not isinstance(error, WrongPassphraseError | UnknownPersonError | ProtocolError)
