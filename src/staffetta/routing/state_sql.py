"""Statements of what connectors do at this moment."""

# One statement for all links of a process.
STORE_USES = """
INSERT INTO link_use (connector_id, number, owner, open_count, open_max, per_second,
                      per_second_max, submit_count, report_count, throttle_count, told_at)
SELECT told.connector_id, told.number, $1, told.open_count, told.open_max, told.per_second,
       told.per_second_max, told.submit_count, told.report_count, told.throttle_count, $2
  FROM unnest($3::int[], $4::int[], $5::int[], $6::int[], $7::real[], $8::real[], $9::int[],
              $10::int[], $11::int[])
       AS told (connector_id, number, open_count, open_max, per_second, per_second_max,
                submit_count, report_count, throttle_count)
  JOIN connector ON connector.id = told.connector_id
    ON CONFLICT (connector_id, number) DO UPDATE
   SET owner = excluded.owner, open_count = excluded.open_count, open_max = excluded.open_max,
       per_second = excluded.per_second, per_second_max = excluded.per_second_max,
       submit_count = excluded.submit_count, report_count = excluded.report_count,
       throttle_count = excluded.throttle_count, told_at = excluded.told_at
"""

# The links of one connector, or of all. Those of owners that still speak are held; what a dead
# process left behind is no link. What another process told of a link is not what it does.
READ_LINKS = """
SELECT link.connector_id, link.number, link.state, link.detail, link.changed_at,
       coalesce(process.ended_at IS NULL
                AND process.heartbeat_at > clock_timestamp() - $2::float8 * interval '1 second',
                false) AS is_held,
       process.host, process.pid,
       link_use.open_count, link_use.open_max, link_use.per_second, link_use.per_second_max,
       link_use.submit_count, link_use.report_count, link_use.throttle_count
  FROM link
  LEFT JOIN process ON process.id = link.owner
  LEFT JOIN link_use ON link_use.connector_id = link.connector_id
                    AND link_use.number = link.number
                    AND link_use.owner = link.owner
 WHERE $1::int IS NULL OR link.connector_id = $1
 ORDER BY link.connector_id, link.number
"""

READ_CONNECTORS = """
SELECT connector.id, connector.environment::text AS environment, connector.name, connector.kind,
       connector.host, connector.port, connector.system_id, connector.window_max,
       connector.rate_per_second, connector.link_count, connector.enabled,
       connector_learned.report_spelling
  FROM connector
  LEFT JOIN connector_learned ON connector_learned.connector_id = connector.id
 WHERE $1::int IS NULL OR connector.id = $1
 ORDER BY connector.environment, connector.name
"""

# Of each connector at most $2 that wait are looked at, however many there are.
COUNT_QUEUES = """
SELECT connector.id AS connector_id, waiting.count, waiting.since,
       coalesce(under_way.count, 0) AS under_way_count
  FROM connector
 CROSS JOIN LATERAL (
       SELECT count(*) AS count, min(looked_at.due_at) AS since
         FROM (SELECT recipient.due_at
                 FROM recipient
                WHERE recipient.connector_id = connector.id AND recipient.state = 'queued'
                LIMIT $2) AS looked_at) AS waiting
  LEFT JOIN (SELECT connector_id, count(*) AS count
               FROM recipient
              WHERE state = 'submitting'
              GROUP BY connector_id) AS under_way ON under_way.connector_id = connector.id
 WHERE $1::int IS NULL OR connector.id = $1
"""

# What found no message of late, of at most $3 reports.
COUNT_STRAY_REPORTS = """
SELECT count(*)
  FROM (SELECT FROM report
         WHERE connector_id = $1 AND id >= $2 AND disposition IN ('waiting', 'orphan')
         LIMIT $3) AS looked_at
"""
