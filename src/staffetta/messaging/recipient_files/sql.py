"""Statements of files of recipients."""

KEEP = """
INSERT INTO recipient_file (id, space_id, person_id, name, content, row_count, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

READ = """
SELECT name, row_count, octet_length(content) AS octet_count,
       substring(content FROM 1 FOR $5) AS content
  FROM recipient_file
 WHERE id = $1 AND space_id = $2 AND person_id = $3 AND created_at > $4
"""

# All of a person but the newest.
FORGET_SOME = """
DELETE FROM recipient_file
 WHERE id IN (SELECT id
                FROM recipient_file
               WHERE person_id = $1
               ORDER BY created_at DESC, id
              OFFSET $2)
"""

FORGET_OLD = """
DELETE FROM recipient_file WHERE created_at <= $1
"""
