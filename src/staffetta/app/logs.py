"""How events are written: one line each on standard error, readable or JSON, without secrets.

Values are hidden by their key while they are values, and what still looks like a secret is taken
out of the finished line: out of traces and nested values, too.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

from staffetta.config import Settings
from staffetta.domain.redaction import HIDDEN, is_secret_name, redact

_FIRST_KEYS: Final = ("timestamp", "level", "role", "event")


def configure_logs(settings: Settings, role: str, output: TextIO | None = None) -> None:
    """Set up structlog, and send what libraries log through the same lines."""
    stream = output or sys.stderr
    is_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not stream.isatty()
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    last = _json_renderers() if is_json else _console_renderers(stream)
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    _redirect_libraries(shared, last, level, stream)


def configure_command_logs() -> None:
    """For commands: warnings alone, on standard error, since standard output is the result's."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            *_console_renderers(sys.stderr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def hide_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace the values whose key says that they are secrets."""
    for key in event:
        if is_secret_name(key):
            event[key] = HIDDEN
    return event


def redact_line(_logger: object, _method: str, line: Any) -> str:
    """The finished line without what looks like a secret; the last step, behind a renderer."""
    return redact(str(line))


def _json_renderers() -> list[structlog.typing.Processor]:
    return [
        structlog.processors.format_exc_info,
        _time_and_event_first,
        structlog.processors.JSONRenderer(),
        redact_line,
    ]


def _time_and_event_first(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    first = {key: event.pop(key) for key in _FIRST_KEYS if key in event}
    return {**first, **event}


def _console_renderers(stream: TextIO) -> list[structlog.typing.Processor]:
    # The plain formatter: the pretty one would show local variables.
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain),
        redact_line,
    ]


def _redirect_libraries(
    shared: list[structlog.typing.Processor],
    last: list[structlog.typing.Processor],
    level: int,
    stream: TextIO,
) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
