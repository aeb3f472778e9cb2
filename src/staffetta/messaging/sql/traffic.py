"""Statements that count a space's recipients."""

# One walk over the ids of a step ($2 to $3), counted three ways: by country and state, by class of
# delay ($4 classes for each factor of e), and what failed by what is kept of why. What a carrier
# reported of the last try stands beside that, of one of those that failed alike: all say the same.
# Tests of v1 are stored as delivered or refused, and no process ever claims them.
COUNT_STEP = """
WITH counted AS (
    SELECT country, state, is_failed,
           CASE WHEN state = 'delivered' THEN
               round(ln(greatest(date_part('epoch', delivered_at - sent_at), 0.001)) * $4)
           END::int AS delay_class,
           CASE WHEN is_failed THEN state END AS failed_state,
           CASE WHEN is_failed THEN refused_as END AS refused_as,
           CASE WHEN is_failed THEN command_status END AS command_status,
           CASE WHEN is_failed THEN attempt > 0 END AS was_tried,
           CASE WHEN is_failed THEN sent_at IS NOT NULL END AS was_sent,
           CASE WHEN is_failed THEN detail END AS detail,
           CASE WHEN is_failed THEN encode(id, 'hex') END AS failed_id
      FROM recipient
     CROSS JOIN LATERAL (
           SELECT state IN ('undeliverable', 'rejected', 'expired') AS is_failed) AS end_of_it
     WHERE space_id = $1 AND id >= $2 AND id < $3
       AND state <> 'cancelled' AND (state <> 'delivered' OR attempt > 0)
       AND (NOT is_failed OR attempt > 0
            OR NOT EXISTS (SELECT FROM v1_message
                            WHERE v1_message.space_id = $1 AND v1_message.id = recipient.message_id
                              AND v1_message.is_test
                           OFFSET 0))
), grouped AS (
    SELECT country, state, delay_class, failed_state, refused_as, command_status, was_tried,
           was_sent, detail, count(*) AS count, decode(min(failed_id), 'hex') AS sample_id,
           grouping(country) = 0 AS is_by_country, grouping(delay_class) = 0 AS is_by_delay
      FROM counted
     GROUP BY GROUPING SETS (
           (country, state),
           (delay_class),
           (failed_state, refused_as, command_status, was_tried, was_sent, detail))
)
SELECT country, state::text AS state, delay_class, failed_state::text AS failed_state, refused_as,
       command_status, was_tried, was_sent, detail, count, is_by_country, is_by_delay,
       said.report_event IS NOT NULL AS was_reported, said.report_error, said.report_reason
  FROM grouped
  LEFT JOIN LATERAL (
       SELECT report_event, report_error, report_reason
         FROM submission
        WHERE submission.space_id = $1 AND submission.recipient_id = grouped.sample_id
          AND submission.report_event <> 'report_delivered'
        ORDER BY attempt DESC, segment
        LIMIT 1) AS said ON NOT is_by_country AND NOT is_by_delay
"""

HAS_TRAFFIC = """
SELECT EXISTS (SELECT FROM recipient WHERE space_id = $1)
"""
