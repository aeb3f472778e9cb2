"""The lines of docs/reference/v1.md do what the page says."""

import json
import re
from pathlib import Path

from guide_blocks import ROOT
from guide_shell import typing
from guide_site import GuideSite

PAGE = ROOT / "docs/reference/v1.md"
EMAIL = "v1.reference@example.com"
_SECTION = re.compile(r"<!-- curl lines: a test.*?-->(.*)<!-- curl lines: end -->", re.DOTALL)
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def lines() -> list[str]:
    """Each command of the page, whole."""
    section = _SECTION.search(PAGE.read_text())
    assert section is not None
    commands = "".join(_BLOCK.findall(section[1]))
    return [f"curl {one.strip()}" for one in re.split(r"^curl ", commands, flags=re.MULTILINE)[1:]]


def test_every_curl_line_of_the_page_succeeds(site: GuideSite, tmp_path: Path) -> None:
    operator = site.installation
    operator.json("account", "create", "--email", EMAIL)
    whose = ("--email", EMAIL, "--environment", "sandbox")
    token = operator.json("token", "create", *whose)["token"]
    said = []
    with typing(site, tmp_path / "shell") as shell:
        shell.run(f"URL={operator.url}/sandbox/v1 TOKEN={token}")
        for line in lines():
            answer = json.loads(shell.run(line))
            assert answer["success"] is True, (line, answer)
            said.append(answer["message"])
            if answer["message"] == "Message Queued":
                message_id = answer["data"][0]["id"]
                shell.run(f"ID={message_id}")
    assert said == [
        *("Message Queued", "Message Queued", "Updated", "Updated", "2 Results", "1 Result"),
        *("2 Results", "1 Result", f"{message_id} Deleted"),
    ]
