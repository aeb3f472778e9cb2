"""Statements that count a space's recipients."""

# One walk over the ids of a span ($2 to $3), counted three ways: by step and state, by country and
# state, and by step and class of delay. $4 are the first ids of the steps, $5 makes classes of
# delays. Tests of v1 are stored as delivered, and no process ever claims them.
COUNT_TRAFFIC = """
WITH counted AS (
    SELECT width_bucket(id, $4::bytea[]) - 1 AS step, country, state, attempt,
           CASE WHEN state = 'delivered' AND sent_at IS NOT NULL THEN
               round(ln(greatest(extract(epoch FROM delivered_at - sent_at)::float8, 0.001)) * $5)
           END::int AS delay_class
      FROM recipient
     WHERE space_id = $1 AND id >= $2 AND id < $3
)
SELECT step, country, state::text AS state, delay_class, count(*) AS count,
       grouping(country) = 0 AS is_by_country, grouping(delay_class) = 0 AS is_by_delay
  FROM counted
 WHERE state <> 'cancelled' AND NOT (state = 'delivered' AND attempt = 0)
 GROUP BY GROUPING SETS ((step, state), (country, state), (step, delay_class))
"""

# What failed, by what is kept of why; the newest $4 alone, because one bad hour of a large account
# may fail by the hundred thousand. Whatever a carrier reported of the last try stands beside it.
COUNT_FAILURES = """
SELECT failed.state::text AS state, failed.refused_as, failed.command_status,
       failed.attempt > 0 AS was_tried, failed.sent_at IS NOT NULL AS was_sent,
       said.report_event IS NOT NULL AS was_reported, said.report_error, said.report_reason,
       failed.detail, count(*) AS count
  FROM (SELECT id, state, refused_as, command_status, attempt, sent_at, detail
          FROM recipient
         WHERE space_id = $1 AND id >= $2 AND id < $3
           AND state IN ('undeliverable', 'rejected', 'expired')
         ORDER BY id DESC
         LIMIT $4) AS failed
  LEFT JOIN LATERAL (
       SELECT report_event, report_error, report_reason
         FROM submission
        WHERE submission.space_id = $1 AND submission.recipient_id = failed.id
          AND report_event IS NOT NULL AND report_event <> 'report_delivered'
        ORDER BY attempt DESC, segment
        LIMIT 1) AS said ON true
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
 ORDER BY count DESC
 LIMIT $5
"""
