"""The lines of docs/reference/v1.md do what the page says."""

import json
import re
import subprocess
from pathlib import Path

from contract_site import serving
from v1_account import PREFIXES, v1_of

PAGE = Path(__file__).parents[2] / "docs/reference/v1.md"
_SECTION = re.compile(r"<!-- curl lines: a test.*?-->(.*)<!-- curl lines: end -->", re.DOTALL)
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def lines() -> list[str]:
    """Each command of the page, whole."""
    section = _SECTION.search(PAGE.read_text())
    assert section is not None
    commands = "".join(_BLOCK.findall(section[1]))
    return [f"curl {one.strip()}" for one in re.split(r"^curl ", commands, flags=re.MULTILINE)[1:]]


def test_every_curl_line_of_the_page_succeeds(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        anna = v1_of(site.customer("anna"))
        variables = {
            "PATH": "/usr/bin:/bin",
            "URL": f"{site.installation.url}{PREFIXES['sandbox']}",
            "TOKEN": anna.customer.token,
        }
        said = []
        for line in lines():
            done = subprocess.run(
                ["bash", "-c", line.replace("curl ", "curl -sS ", 1)],
                env=variables,
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            )
            answer = json.loads(done.stdout)
            assert answer["success"] is True, (line, answer)
            said.append(answer["message"])
            if answer["message"] == "Message Queued":
                variables["ID"] = answer["data"][0]["id"]
        assert said == [
            *("Message Queued", "Message Queued", "Updated", "Updated", "2 Results", "1 Result"),
            *("2 Results", "1 Result", f"{variables['ID']} Deleted"),
        ]
