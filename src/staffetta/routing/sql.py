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
