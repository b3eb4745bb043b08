"""The `python` agent: a callable in a file of the user's, sync or async."""

import asyncio
import contextlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.llm.strict_json import expect_json
from remit.errors import AgentError, AgentProtocolError, AgentTimeout
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.releases.model import PartKind
from remit.runtime.ports import AgentReply, AgentView, Clock

_RETURNS = "Return an AgentReply, a proposal (ProposedAnswer, ProposedCall, ProposedHandoff) or a text."


@dataclass(frozen=True, slots=True)
class PythonAgent:
    """Asks a callable. A sync one runs in a thread of its own, so that it cannot hold up other conversations.

    A thread that outlives the deadline cannot be ended; its answer is thrown away.
    """

    name: str
    function: Callable[[AgentView], Any]
    clock: Clock

    async def propose(self, view: AgentView) -> AgentReply:
        """The callable's proposal, or the leaf of AgentError that says what it did instead."""
        left_s = (view.deadline - self.clock.now()).total_seconds()
        try:
            async with asyncio.timeout(max(left_s, 0.0)):
                return self._reply(await self._call(view))
        except TimeoutError as error:
            raise AgentTimeout(
                self.name, f"its function gave no proposal within {left_s:.1f} s", "Make it faster, or allow more time."
            ) from error

    async def _call(self, view: AgentView) -> Any:
        try:
            if inspect.iscoroutinefunction(self.function):
                return await self.function(view)
            result = await _run_in_thread(self.function, view)
            return await result if inspect.isawaitable(result) else result
        except (AgentError, asyncio.CancelledError):
            raise
        except (Exception, SystemExit) as error:
            # The user's code may raise anything, and a turn must become a handoff.
            # Only the type and the place: the text of an exception can hold what the customer wrote.
            raise AgentProtocolError(
                self.name, f"its function raised {type(error).__name__}{_place(error)}", "Mend it there."
            ) from error

    def _reply(self, result: Any) -> AgentReply:
        match result:
            case AgentReply():
                reply = result
            case ProposedAnswer() | ProposedCall() | ProposedHandoff():
                reply = AgentReply(result)
            case str():
                reply = AgentReply(ProposedAnswer(result))
            case _:
                raise AgentProtocolError(self.name, f"its function returned {type(result).__name__}", _RETURNS)
        self._expect_storable(reply)
        return reply

    def _expect_storable(self, reply: AgentReply) -> None:
        """What cannot be written down must not be done."""
        match reply.proposal:
            case ProposedAnswer(text):
                content: Any = text
                if not str(text or "").strip():
                    raise AgentProtocolError(self.name, "its function returned an empty text", _RETURNS)
            case ProposedCall(call):
                content = dict(call.arguments)
            case ProposedHandoff(_, note):
                content = note
            case other:
                raise AgentProtocolError(self.name, f"its function proposed {type(other).__name__}", _RETURNS)
        try:
            expect_json([content, dict(reply.memory)])
        except ValueError as error:
            raise AgentProtocolError(
                self.name, f"its function returned what is not JSON ({error})", "Arguments and memory must be JSON."
            ) from error


def build_python(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> PythonAgent:
    """Builder of `type: python`; imports the file.

    `files` names further files and folders that belong to the release, such as data the callable reads.
    """
    del environ
    where.expect_keys("module", "callable", "files")
    source = where.file("module", directory, kind=PartKind.CODE)
    named = where.text("callable", default="propose")
    for extra in document.get("files") or ():
        if not isinstance(extra, str) or not (directory / extra).exists():
            raise where.error("files", f"{extra!r} of 'files' does not exist", "Name files or folders, one a line.")
        where.cover(directory / extra)
    function: Any = _import(source, where)
    for attribute in named.split("."):
        function = getattr(function, attribute, None)
    if not callable(function) or inspect.isclass(function):
        raise where.error(
            "callable", f"{source.name} has no function {named!r}", f"Define `def {named}(view): ...` there."
        )
    return PythonAgent(name=where.agent, function=function, clock=where.clock)


def _import(source: Path, where: DocumentPlace) -> ModuleType:
    name = f"remit_agent_{sha256(str(source.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, source)
    if spec is None or spec.loader is None:
        raise where.error("module", f"{source.name!r} is not a Python file", "Name a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses with postponed annotations look their module up while it is being executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise where.error(
            "module",
            f"{source.name} cannot be imported: {type(error).__name__}: {error}",
            "Mend it; `python " + source.name + "` shows the whole traceback.",
        ) from error
    return module


async def _run_in_thread(function: Callable[[AgentView], Any], view: AgentView) -> Any:
    """Like `asyncio.to_thread`, with a daemon thread: a callable that hangs holds up neither others nor the exit."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def deliver(result: Any, error: BaseException | None) -> None:
        if not finished.done():
            finished.set_result((result, error))

    def run() -> None:
        result, failure = None, None
        try:
            result = function(view)
        except BaseException as error:  # noqa: BLE001 - carried over to the caller, who names it
            failure = error
        # The loop may be gone when a callable outlives the process's work.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result, failure)

    threading.Thread(target=run, name="remit-python-agent", daemon=True).start()
    result, error = await finished
    if error is not None:
        raise error
    return result


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
