"""Every statement of routing and of the carriers' configuration."""

READ_CONFIGURATION_VERSION = """
SELECT version FROM configuration
"""

# The queue's place is read with the routes: acceptance needs both.
READ_ROUTES = """
SELECT route.environment::text AS environment, route.country, route.connector_id,
       route.rank, route.price_micro
  FROM route
  JOIN connector ON connector.id = route.connector_id
 WHERE connector.enabled
"""

# A name that is taken gives no row.
INSERT_CONNECTOR = """
INSERT INTO connector (environment, name, kind, host, port, system_id, password, window_max,
                       rate_per_second, settings, enabled, created_at, updated_at)
VALUES ($1, $2, 'smpp', $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
ON CONFLICT (environment, name) DO NOTHING
RETURNING id
"""

INSERT_ROUTES = """
INSERT INTO route (environment, connector_id, country, price_micro, created_at)
SELECT $1, $2, country, $4, $5
  FROM unnest($3::text[]) AS country
"""

LIST_CONNECTORS = """
SELECT connector.id, connector.environment::text AS environment, connector.name, connector.kind,
       connector.host, connector.port, connector.system_id, connector.window_max,
       connector.rate_per_second, connector.enabled,
       coalesce(link.states, '{}') AS link_states
  FROM connector
  LEFT JOIN (SELECT connector_id, array_agg(state ORDER BY number) AS states
               FROM link GROUP BY connector_id) AS link ON link.connector_id = connector.id
 ORDER BY connector.environment, connector.name
"""

LIST_ROUTES = """
SELECT connector_id, country, rank, price_micro
  FROM route
 ORDER BY connector_id, rank, country
"""

# Carriers as dispatch runs them

READ_CARRIERS = """
SELECT id, environment::text AS environment, name, kind, host, port, system_id, password,
       tls_key, window_max, rate_per_second, link_count, settings
  FROM connector
 WHERE enabled
 ORDER BY id
"""

# The links that somebody holds: $2, or another process that lives. $3 is none where silence says
# nothing of a process.
READ_HELD_LINKS = """
SELECT link.connector_id, link.number, link.owner = $2 AS is_ours
  FROM link
  JOIN process ON process.id = link.owner
 WHERE link.connector_id = ANY ($1::int[])
   AND (link.owner = $2
        OR process.ended_at IS NULL
           AND ($3::float8 IS NULL
                OR process.heartbeat_at >= clock_timestamp() - $3::float8 * interval '1 second'))
"""

# Takes those of these links that nobody alive holds.
TAKE_LINKS = """
INSERT INTO link AS held (connector_id, number, owner, changed_at)
SELECT $1, number, $3, $4
  FROM unnest($2::int[]) AS number
    ON CONFLICT (connector_id, number) DO UPDATE
   SET owner = excluded.owner, state = 'down', detail = '', changed_at = excluded.changed_at
 WHERE held.owner IS NULL
    OR EXISTS (SELECT FROM process
                WHERE process.id = held.owner
                  AND (process.ended_at IS NOT NULL
                       OR process.heartbeat_at
                              < clock_timestamp() - $5::float8 * interval '1 second'))
RETURNING number
"""

LET_LINKS_GO = """
UPDATE link SET owner = NULL, state = 'down', detail = '', changed_at = $3
 WHERE owner = $1 AND ($2::int IS NULL OR connector_id = $2)
"""

TELL_LINK = """
UPDATE link SET state = $4, detail = $5, changed_at = $6
 WHERE connector_id = $1 AND number = $2 AND owner = $3
"""

# The sandbox's simulated network: once, whoever comes first.
SEED_NETWORK = """
INSERT INTO connector (environment, name, kind, window_max, rate_per_second, created_at, updated_at)
VALUES ('sandbox', $1, 'simulated', $2, 0, $3, $3)
    ON CONFLICT (environment, name) DO NOTHING
RETURNING id
"""

SEED_NETWORK_ROUTES = """
INSERT INTO route (environment, connector_id, country, price_micro, created_at)
SELECT 'sandbox', $1, country, price_micro, $4
  FROM unnest($2::text[], $3::bigint[]) AS seed (country, price_micro)
"""

COUNT_BOUND_LINKS = """
SELECT connector_id, count(*) AS bound_count
  FROM link
 WHERE connector_id = ANY($1::int[]) AND state = 'bound'
 GROUP BY connector_id
"""

# Alarms. Those that are over for long are forgotten with the next one of their connector.
RAISE_ALARM = """
WITH forgotten AS (
    DELETE FROM connector_alarm WHERE connector_id = $1 AND cleared_at < $5
)
INSERT INTO connector_alarm (connector_id, kind, detail, raised_at, last_at)
SELECT $1, $2, $3, $4, $4
  FROM connector
 WHERE id = $1 AND enabled
    ON CONFLICT (connector_id, kind) WHERE cleared_at IS NULL DO UPDATE
   SET detail = excluded.detail,
       last_at = greatest(connector_alarm.last_at, excluded.last_at)
"""

CLEAR_ALARM = """
UPDATE connector_alarm SET cleared_at = $3
 WHERE connector_id = $1 AND kind = $2 AND cleared_at IS NULL
   AND ($4::timestamptz IS NULL OR last_at < $4)
"""

CLEAR_ALARMS_OF_STOPPED = """
UPDATE connector_alarm SET cleared_at = $1
  FROM connector
 WHERE connector.id = connector_alarm.connector_id
   AND NOT connector.enabled
   AND connector_alarm.cleared_at IS NULL
"""

READ_OPEN_ALARMS = """
SELECT connector_alarm.connector_id, connector.environment::text AS environment,
       connector.name AS connector, connector_alarm.kind, connector_alarm.detail,
       connector_alarm.raised_at, connector_alarm.last_at
  FROM connector_alarm
  JOIN connector ON connector.id = connector_alarm.connector_id
 WHERE connector_alarm.cleared_at IS NULL
 ORDER BY connector_alarm.raised_at, connector_alarm.id
 LIMIT $1
"""
