"""What others may write: nothing of it may ever run, nor break a page."""

from typing import Final

SCRIPT: Final = "<script>window.hacked = 1; alert(1)</script><img src=x onerror=alert(2)>"
TEMPLATE: Final = "{{ 7 * 7 }} {% raw %} </textarea></title> \" ' onfocus=alert(3) autofocus"
TURNED: Final = "turned \u202e around \u2066 \u200f and \u0007 rung"
LONG: Final = "W" * 300
EMOJI: Final = "👩‍👩‍👧‍👦 👋🏽 e\u0301 z̸̢̛a̶l̴g̷o̵ ﷽"
HOSTILE: Final = (SCRIPT, TEMPLATE, TURNED, LONG, EMOJI)
NUL: Final = "before\0after"
