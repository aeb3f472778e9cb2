"""Statements of what carriers showed of themselves."""

READ_LEARNED = """
SELECT connector_id, report_spelling FROM connector_learned
"""

FORGET_LEARNED = """
DELETE FROM connector_learned WHERE connector_id = $1
"""

# A connector that is gone learns nothing. What another process stored before is no news.
STORE_LEARNED = """
INSERT INTO connector_learned (connector_id, report_spelling, evidence_count, learned_at)
SELECT id, $2, $3, $4 FROM connector WHERE id = $1
    ON CONFLICT (connector_id) DO UPDATE
   SET report_spelling = excluded.report_spelling, evidence_count = excluded.evidence_count,
       learned_at = excluded.learned_at
 WHERE connector_learned.report_spelling <> excluded.report_spelling
RETURNING connector_id
"""
