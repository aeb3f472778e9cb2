"""The guide to carriers names commands and settings that there are."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from staffetta.cli import app
from staffetta.connectors.smpp.options import OPTIONS
from staffetta.routing.change_connector import COLUMNS

_GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "carriers.md").read_text()
_BLOCKS = re.findall(r"```\n(.*?)```", _GUIDE, re.DOTALL)
COMMANDS = [
    line.split(" # ")[0].strip()
    for block in _BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("staffetta ")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_can_be_typed_as_it_stands(line: str) -> None:
    _program, *words = shlex.split(line)
    command = get_command(app)
    context = command.make_context("staffetta", list(words), resilient_parsing=True)
    while hasattr(command, "resolve_command"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
        context = command.make_context(name, list(words), resilient_parsing=True)
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in command.params for option in parameter.secondary_opts}
    assert {word for word in words if word.startswith("-")} <= known
    for key in re.findall(r"(?:^| )([a-z_]+)=", " ".join(words)):
        assert key in OPTIONS or key in COLUMNS


def test_every_setting_in_the_tables_is_one() -> None:
    named = set(re.findall(r"`([a-z0-9_]+)`", _GUIDE)) | set(re.findall(r"`([a-z0-9_]+)=", _GUIDE))
    words = {"bind_refused", "no_credit", "silent", "unreadable"}  # alarms
    assert named - words <= {*OPTIONS, *COLUMNS}
