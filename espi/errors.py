"""Our exceptions: a protocol code, an HTTP status, one message for strangers and one for the log.

A public message never tells whether a thing that the caller may not see exists.
"""

from __future__ import annotations


class EspiError(Exception):
    """The base of every error that a face may show.

    `public` is fit for anybody; `detail` is for the log only.
    """

    status = 500
    code = "server_error"
    public = "The server could not do this. Try again later, and quote the request id if it goes on."

    def __init__(self, public: str | None = None, *, detail: str = "") -> None:
        self.public = public or type(self).public
        self.detail = detail
        super().__init__(detail or self.public)


class BadInput(EspiError):
    """What was sent cannot be understood: the message says what, where and what to do."""

    status = 400
    code = "invalid_request"
    public = "The request cannot be understood."


class NotLoggedIn(EspiError):
    """The caller has not proved who he is."""

    status = 401
    code = "unauthorized"
    public = "Log in first."


class Denied(EspiError):
    """The gate refused. The status, 403 or 404, is a column of the rule that refused."""

    status = 403
    code = "access_denied"
    public = "You may not see this."

    def __init__(self, public: str | None = None, *, detail: str = "", status: int = 403) -> None:
        super().__init__(public or ("There is no such thing here." if status == 404 else None), detail=detail)
        self.status = status


class NotFound(EspiError):
    """There is no such thing within the caller's reach."""

    status = 404
    code = "not_found"
    public = "There is no such thing here."


class Conflict(EspiError):
    """The change does not fit the present state."""

    status = 409
    code = "conflict"
    public = "This does not fit what is already there."


class WrongSchema(EspiError):
    """The database was made by another version: `espi init` brings it up to date."""

    code = "wrong_schema"
