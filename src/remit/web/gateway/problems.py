"""Errors as problem details (RFC 9457)."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from remit.errors import HandoffRefused, HandoffUnknown, JournalConflict, RemitError, StoreError, TurnInProgress

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that cannot be served as it is: status, title and how to mend it."""

    def __init__(self, status: HTTPStatus, detail: str, *, retry_after_s: int | None = None) -> None:
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(detail)


def install(app: FastAPI) -> None:
    """Answer every error of the API in one form."""

    @app.exception_handler(Problem)
    async def on_problem(_: Request, problem: Problem) -> JSONResponse:
        return render(problem)

    @app.exception_handler(RequestValidationError)
    async def on_validation(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        # A key may hold half a character, which no reply can carry.
        where = ".".join(str(part) for part in first["loc"]).encode("utf-8", "replace").decode()
        return render(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> JSONResponse:
        response = render(Problem(HTTPStatus(error.status_code), str(error.detail)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RemitError)
    async def on_remit(_: Request, error: RemitError) -> JSONResponse:
        return render(_problem_of(error))

    @app.exception_handler(Exception)
    async def on_failure(_: Request, error: Exception) -> JSONResponse:
        detail = "Something of ours failed. Send the message again: what was recorded of it is not done twice."
        return render(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))


def _problem_of(error: RemitError) -> Problem:
    if isinstance(error, TurnInProgress | JournalConflict):
        return Problem(HTTPStatus.CONFLICT, str(error), retry_after_s=1)
    if isinstance(error, StoreError):
        # The path of the store is the operator's business, not the customer's.
        detail = "This message could not be recorded, so nothing was done with it. Please send it again."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after_s=5)
    if isinstance(error, HandoffUnknown):
        return Problem(HTTPStatus.NOT_FOUND, str(error))
    if isinstance(error, HandoffRefused):
        return Problem(HTTPStatus.CONFLICT, str(error))
    return Problem(HTTPStatus.BAD_REQUEST, str(error))


def render(problem: Problem) -> JSONResponse:
    """The response to a problem."""
    content = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
    }
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    return JSONResponse(content, status_code=problem.status.value, media_type=MEDIA_TYPE, headers=headers)
