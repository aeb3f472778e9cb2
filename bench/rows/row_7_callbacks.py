"""Row 7: callbacks to a fast receiver, each signed, sent, and its attempt recorded.

The messages and what is owed of them are made by SQL, in one transaction; the receiver is a process
of its own that answers at once. Measured from the first attempt to the last result that is durable.
"""

import asyncio

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.peer_processes import running_peer
from bench.posting import cpu_us_a_message, read_cpu
from bench.system import EMAIL, HOST, System, SystemFailed

_A_SECOND = 2_500  # callbacks made for each second that a run should last
_DRAIN_SECONDS_MAX = 180.0
_POLL_SECONDS = 0.2

_SPACE = """
SELECT space.id
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE account.email = $1 AND space.environment = 'production'
"""
# An id: four bytes of seconds, then anything that tells two of one run apart.
_OWE = """
WITH made AS (
    SELECT int4send(extract(epoch FROM now())::int) || int8send(($2::bigint << 32) + number) AS id
      FROM generate_series(1, $3::int) AS number
), message AS (
    INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                         characters_count, segment_count, reference, options, callback, created_at,
                         due_at)
    SELECT $1, id, 'v2', 'IT', 1, 1000, 'ACME', 'called back', 'GSM-7', 11, 1, 0,
           '{"dryRun": false, "failOnMultipleMessages": false}',
           jsonb_build_object('url', $4::text, 'method', 'JSON', 'field', 'data', 'retry', 0,
                              'headers', '{}'::jsonb, 'custom', '{"order": "A-17"}'::jsonb),
           now(), now()
      FROM made
), recipient AS (
    INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                           priority, turn, segment_count, price_micro, callback_host, due_at,
                           expires_at, sent_at, delivered_at, updated_at)
    SELECT $1, id, id, '+393331234567', 'IT', '39', 'delivered', 1, 1000, 0, 1, 0, '127.0.0.1',
           now(), now() + interval '48 hours', now(), now(), now()
      FROM made
)
INSERT INTO callback (space_id, id, message_id, recipient_id, step, event, host, changed_at,
                      sent_at, delivered_at, due_at, created_at)
SELECT $1, id, id, id, 2, 'delivered', '127.0.0.1', now(), now(), now(), now(), now()
  FROM made
"""
_COUNT_OPEN = "SELECT count(*) FROM callback WHERE status IN ('owed', 'delivering')"
_READ_ENDS = """
SELECT count(*) FILTER (WHERE callback.status = 'delivered') AS delivered,
       count(*) FILTER (WHERE callback.attempt > 1) AS repeated,
       extract(epoch FROM max(callback.settled_at) - min(callback_attempt.at))::float8 AS seconds
  FROM callback
  JOIN callback_attempt
    ON callback_attempt.space_id = callback.space_id AND callback_id = callback.id
 WHERE substr(callback.id, 5, 4) = int4send($1::int)
"""


async def _run(system: System, _options: Options, seconds: float, serial: int) -> Sample:
    space_id = await system.database.fetchval(_SPACE, EMAIL)
    count = int(_A_SECOND * seconds)
    async with running_peer("bench.fast_receiver") as port:
        before = read_cpu(system)
        url = f"http://{HOST}:{port}/sms"
        await system.database.execute(_OWE, space_id, serial, count, url)
        await _until_told(system)
        after = read_cpu(system)
    ends = await system.database.fetchrow(_READ_ENDS, serial)
    assert ends is not None
    return Sample(
        figures={
            "delivered_per_second": round(ends["delivered"] / ends["seconds"], 1),
            "lost": count - ends["delivered"],
            "repeated": ends["repeated"],
        },
        cpu_us=cpu_us_a_message(before, after, 0.0, count),
        notes={"callbacks": count, "seconds": round(ends["seconds"], 2)},
    )


async def _until_told(system: System) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS_MAX):
            while await system.database.fetchval(_COUNT_OPEN):  # noqa: ASYNC110 - PostgreSQL
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        raise SystemFailed(f"callbacks stay owed:\n{system.log('serve')}") from None


BENCHMARK = Benchmark(
    name="callbacks",
    title="Callbacks to a fast receiver, signed, every attempt recorded",
    figures=(
        Figure("delivered_per_second", "delivered", "/s", at_least=2_000),
        Figure("lost", "owed and not delivered", below=1),
        Figure("repeated", "sent more than once"),
    ),
    run=_run,
)
