"""The root command: loads a command when it is called, and turns errors into messages and exit codes."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Sequence

import click

import idiolect
from idiolect.cli.progress import tell_exit
from idiolect.cli.table import COMMANDS
from idiolect.errors import IdiolectError, InternalError, InterruptedWork, UserError
from idiolect.gateway.offline import VARIABLE

_OURS = InternalError.exit_code


class Loop(click.Group):
    """A group whose commands lie in a table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names in the order of the loop."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command itself: this loads its module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """The list of commands, out of the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.about) for name, row in COMMANDS.items()])


@click.group(
    cls=Loop,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: idiolect init my-voice. Then idiolect status says what to do next.",
)
@click.option(
    "--offline",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _, on: _stay_offline(ctx) if on else None,
    help="Let nothing leave this machine, whatever is allowed. IDIOLECT_OFFLINE=1 does the same.",
)
@click.version_option(idiolect.__version__, prog_name="idiolect", message="%(prog)s %(version)s")
def app() -> None:
    """A local-first foundry for speech models that their users own."""


def _stay_offline(ctx: click.Context) -> None:
    """Say so in the environment, where child processes read it too, until this command line is done."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = "1"

    def restore() -> None:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before

    ctx.call_on_close(restore)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code: 0, 1 (theirs), 2 (usage), 70 (ours) or 130 (Ctrl-C)."""
    code = _run(arguments)
    tell_exit(code)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = app.main(None if arguments is None else list(arguments), prog_name="idiolect", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last net: no traceback reaches a user
        return _explain(error)
    return result if isinstance(result, int) else 0


def _explain(error: BaseException) -> int:
    """Say what went wrong on stderr; the exit code for it."""
    code, message = _OURS, f"a fault of idiolect's own: {type(error).__name__}: {error}\n  IDIOLECT_DEBUG=1 shows where"
    if isinstance(error, click.Abort | KeyboardInterrupt):
        code, message = InterruptedWork.exit_code, "interrupted; what was finished is kept"
    elif isinstance(error, IdiolectError):
        code, message = error.exit_code, str(error)
    elif isinstance(error, OSError):  # a full disk, a folder that may not be written: theirs to mend
        where = f"{error.filename}: " if error.filename else ""
        code, message = UserError.exit_code, f"{where}{error.strerror or error}"
    if os.environ.get("IDIOLECT_DEBUG") == "1":
        traceback.print_exception(error)
    click.echo(f"error: {message}", err=True)
    return code
