"""Delivery on the terminal. Exit codes: 0 supported or done, 1 refuted, 2 undecided, 3 error."""

import sys
from collections.abc import Sequence
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from remit.cli.account import account
from remit.cli.attest import attest
from remit.cli.audit import audit
from remit.cli.calibrate import calibrate
from remit.cli.demo import demo
from remit.cli.eval import evaluate
from remit.cli.gate import gate
from remit.cli.grant import grant
from remit.cli.imports import imports, replay
from remit.cli.incident import incident
from remit.cli.init import init
from remit.cli.label import label
from remit.cli.plan import plan
from remit.cli.policy import policy, validate
from remit.cli.release import release
from remit.cli.screen import screen
from remit.cli.serve import serve
from remit.cli.simulate import simulate
from remit.cli.slo import slo
from remit.cli.stopping import resume, status, stop
from remit.cli.verify import verify
from remit.cli.worker import worker
from remit.cli.world import world
from remit.errors import RemitError

EXIT_SUPPORTED = 0
EXIT_REFUTED = 1
EXIT_UNDECIDED = 2
EXIT_ERROR = 3

app = typer.Typer(
    name="remit",
    help="An AI customer-service agent does only what it has earned with evidence, intent by intent.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _top(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version, and nothing else.")] = False,
) -> None:
    if version:
        typer.echo(f"remit {version_of('remit')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.add_typer(world, name="world")
app.command("demo")(demo)
app.command("serve")(serve)
app.command("init")(init)
app.command("eval")(evaluate)
app.command("calibrate")(calibrate)
app.add_typer(imports, name="import")
app.add_typer(label, name="label")
app.command("replay")(replay)
app.command("validate")(validate)
app.command("plan")(plan)
app.command("simulate")(simulate)
app.command("gate")(gate)
app.command("attest")(attest)
app.command("verify")(verify)
app.add_typer(policy, name="policy")
app.add_typer(release, name="release")
app.add_typer(account, name="account")
app.add_typer(audit, name="audit")
app.add_typer(slo, name="slo")
app.add_typer(grant, name="grant")
app.add_typer(incident, name="incident")
app.command("worker")(worker)
app.command("stop")(stop)
app.command("resume")(resume)
app.command("status")(status)


def main() -> None:
    """Entry point of the `remit` command: every failure is one sentence and exit code 3."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    errors = screen(stderr=True, soft_wrap=True)
    try:
        code = app(list(arguments), standalone_mode=False)
    except RemitError as error:
        errors.print(f"error: {error}")
        return EXIT_ERROR
    except (typer.Abort, KeyboardInterrupt):
        errors.print("stopped: interrupted; what was recorded before is kept.")
        return EXIT_ERROR
    except typer.TyperException as error:
        errors.print(f"error: {error.format_message()}\n  `remit COMMAND --help` lists what it takes.")
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001 - the border of the terminal: a person gets a sentence, never a traceback
        errors.print(
            f"error: unexpected {type(error).__name__}: {error}\n  Please report this with the command you ran."
        )
        return EXIT_ERROR
    return code if isinstance(code, int) else EXIT_SUPPORTED
