"""Handoffs over HTTP: what waits, and what people do with it. Only with the API key: customers' words are shown."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from remit.app.gateway import Gateway
from remit.app.handing_off import HandingOff
from remit.conversations.envelope import HandoffId
from remit.settings import Settings
from remit.supervision.handoffs import Handoff
from remit.web.gateway.problems import Problem

HandoffPath = Annotated[str, Path(pattern=r"^h-[0-9a-f]{12}$")]
Most = Annotated[int, Query(ge=1, le=200)]


class ByWhom(BaseModel):
    """Who does it. The API key is the caller's proof; the name is the caller's word."""

    model_config = ConfigDict(extra="forbid")

    by: str = Field(min_length=1, max_length=100, description="Whoever takes, closes or gives back.")


def add_handoffs(app: FastAPI, gateway: Gateway, settings: Settings) -> None:
    """The routes under `/v1/handoffs`."""

    def people() -> HandingOff:
        if not settings.api_key:
            detail = "Handoffs show what customers wrote. Set REMIT_API_KEY to read and move them over HTTP."
            raise Problem(HTTPStatus.FORBIDDEN, detail)
        if gateway.handing_off is None:
            raise Problem(HTTPStatus.NOT_FOUND, "This gateway keeps no handoffs.")
        return gateway.handing_off

    known = Annotated[HandingOff, Depends(people)]

    @app.get("/v1/handoffs", summary="Handoffs that people have or that wait for them")
    async def waiting(
        handing_off: known, queue: str = "", *, stuck: bool = False, at_most: Most = 50
    ) -> dict[str, list[dict[str, Any]]]:
        if stuck:
            found = await handing_off.books.outbox.stuck(at_most=at_most)
        else:
            found = await handing_off.books.queue.waiting(queue, at_most=at_most)
        return {"handoffs": [handoff_view(one) for one in found]}

    @app.get("/v1/handoffs/{handoff}", summary="One handoff")
    async def read(handing_off: known, handoff: HandoffPath) -> dict[str, Any]:
        return handoff_view(await handing_off.books.queue.handoff(HandoffId(handoff)))

    @app.post("/v1/handoffs/{handoff}/take", summary="Say that somebody has it")
    async def take(handing_off: known, handoff: HandoffPath, who: ByWhom) -> dict[str, Any]:
        return handoff_view(await handing_off.books.desk.take(HandoffId(handoff), who.by))

    @app.post("/v1/handoffs/{handoff}/close", summary="Say that people have ended it")
    async def close(handing_off: known, handoff: HandoffPath, who: ByWhom) -> dict[str, Any]:
        return handoff_view(await handing_off.close(HandoffId(handoff), who.by))

    @app.post("/v1/handoffs/{handoff}/return", summary="Give the conversation back to the agent")
    async def give_back(handing_off: known, handoff: HandoffPath, who: ByWhom) -> dict[str, Any]:
        return handoff_view(await handing_off.hand_back(HandoffId(handoff), who.by))


def handoff_view(handoff: Handoff) -> dict[str, Any]:
    """The envelope, where it stands, and what became of its parcel."""
    delivery = handoff.delivery
    return {
        **handoff.envelope.document(),
        "state": handoff.state,
        "held_by": handoff.held_by,
        "ended_at": None if handoff.ended_at is None else handoff.ended_at.isoformat(),
        "delivery": {
            "to": delivery.to or "own desk",
            "n_attempts": delivery.n_attempts,
            "delivered_at": None if delivery.delivered_at is None else delivery.delivered_at.isoformat(),
            "reference": delivery.reference,
            "problem": delivery.problem,
            "given_up": delivery.given_up,
        },
    }
