"""Every statement about people, their sessions and their tries to sign in."""

# An address that is taken gives no row.
INSERT_PERSON = """
INSERT INTO person (account_id, email, name, role, password_hash, created_at, password_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (email) DO NOTHING
RETURNING id
"""

FIND_PERSON = """
SELECT person.id, person.account_id, person.email, person.name, person.role, person.created_at,
       person.password_at, person.disabled_at, account.email AS account
  FROM person
  LEFT JOIN account ON account.id = person.account_id
 WHERE person.email = $1
"""

# A null account asks for everybody.
LIST_PEOPLE = """
SELECT person.id, person.account_id, person.email, person.name, person.role, person.created_at,
       person.password_at, person.disabled_at, account.email AS account
  FROM person
  LEFT JOIN account ON account.id = person.account_id
 WHERE $1::integer IS NULL OR person.account_id = $1
 ORDER BY account.email NULLS FIRST, person.email
 LIMIT $2
"""

# Everything that decides over owners stands in this line. The account's own key is not locked:
# rows that point to it can still be written.
LOCK_ACCOUNT = """
SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE
"""

# The operators have no account to stand in line at.
LOCK_OPERATORS = """
SELECT pg_advisory_xact_lock(hashtext('staffetta operators'))
"""

COUNT_PEOPLE = """
SELECT count(*) FROM person WHERE account_id IS NOT DISTINCT FROM $1
"""

COUNT_OTHER_OWNERS = """
SELECT count(*)
  FROM person
 WHERE account_id = $1
   AND id <> $2
   AND role = 'owner'
   AND disabled_at IS NULL
"""

SET_PASSWORD = """
UPDATE person
   SET password_hash = $2, password_at = $3
 WHERE id = $1
RETURNING id
"""  # noqa: S105 (a statement, no secret)

# Compare and set: whoever proved the old password replaces that one and no newer one.
REPLACE_PASSWORD = """
UPDATE person
   SET password_hash = $3, password_at = $4
 WHERE id = $1
   AND password_hash = $2
   AND disabled_at IS NULL
RETURNING id
"""  # noqa: S105 (a statement, no secret)

# The same password, hashed with today's parameters: sessions go on.
REHASH_PASSWORD = """
UPDATE person
   SET password_hash = $3
 WHERE id = $1
   AND password_hash = $2
"""  # noqa: S105 (a statement, no secret)

SET_ROLE = """
UPDATE person SET role = $2 WHERE id = $1
"""

SET_DISABLED = """
UPDATE person SET disabled_at = $2 WHERE id = $1
"""

DELETE_PERSON = """
DELETE FROM person WHERE id = $1
"""

READ_CREDENTIALS = """
SELECT person.id, person.account_id, person.email, person.name, person.role, person.password_hash,
       person.password_at,
       person.disabled_at IS NULL AND account.closed_at IS NULL AS may_enter
  FROM person
  LEFT JOIN account ON account.id = person.account_id
 WHERE person.email = $1
"""

READ_PASSWORD = """
SELECT password_hash FROM person WHERE id = $1 AND disabled_at IS NULL
"""  # noqa: S105 (a statement, no secret)

# Sessions ----------------------------------------------------------------------------------------

# Only while the password is the one that was proved: a change that came in between locks the row
# first, and then finds no session to end.
INSERT_SESSION = """
INSERT INTO person_session (hash, person_id, created_at, seen_at, expires_at, address, user_agent)
SELECT $1, person.id, $4, $4, $5, $6, $7
  FROM person
 WHERE person.id = $2
   AND person.password_at = $3
   AND person.disabled_at IS NULL
   FOR SHARE
RETURNING person_id
"""

# Of somebody with more than so many, those begun longest ago.
END_OLDEST_SESSIONS = """
DELETE FROM person_session
 WHERE hash IN (SELECT hash
                  FROM person_session
                 WHERE person_id = $1
                 ORDER BY created_at DESC, hash
                OFFSET $2)
"""

FIND_SESSION = """
SELECT person.id, person.account_id, person.email, person.name, person.role, person.password_at,
       session.seen_at
  FROM person_session AS session
  JOIN person ON person.id = session.person_id
  LEFT JOIN account ON account.id = person.account_id
 WHERE session.hash = $1
   AND session.expires_at > $2
   AND session.seen_at > $3
   AND person.disabled_at IS NULL
   AND account.closed_at IS NULL
"""

SEE_SESSION = """
UPDATE person_session SET seen_at = $2 WHERE hash = $1 AND seen_at < $2
"""

END_SESSION = """
DELETE FROM person_session WHERE hash = $1 RETURNING hash
"""

END_NAMED_SESSION = """
DELETE FROM person_session WHERE person_id = $1 AND hash = $2 RETURNING hash
"""

END_SESSIONS_OF = """
DELETE FROM person_session WHERE person_id = $1 RETURNING hash
"""

LIST_SESSIONS = """
SELECT created_at, seen_at, expires_at, address, user_agent, hash
  FROM person_session
 WHERE person_id = $1
   AND expires_at > $2
   AND seen_at > $3
 ORDER BY created_at DESC
 LIMIT $4
"""

FORGET_SESSIONS = """
DELETE FROM person_session
 WHERE hash IN (SELECT hash
                  FROM person_session
                 WHERE expires_at <= $1
                 LIMIT $2
                   FOR UPDATE SKIP LOCKED)
"""

# Tries -------------------------------------------------------------------------------------------

# One try moves the moment of rest on by a step ($4), and is refused (no row) where that moment lies
# further ahead than $5 already.
TAKE_TRY = """
INSERT INTO sign_in_rate AS kept (guard, subject, rests_at)
VALUES ($1, $2, $3::timestamptz + $4::interval)
ON CONFLICT (guard, subject) DO UPDATE
   SET rests_at = greatest(kept.rests_at, $3::timestamptz) + $4::interval
 WHERE kept.rests_at <= $3::timestamptz + $5::interval
RETURNING rests_at
"""

READ_TRIES = """
SELECT rests_at FROM sign_in_rate WHERE guard = $1 AND subject = $2
"""

FORGIVE_TRIES = """
DELETE FROM sign_in_rate WHERE guard = $1 AND subject = $2
"""

GIVE_BACK_TRY = """
UPDATE sign_in_rate
   SET rests_at = rests_at - $3::interval
 WHERE guard = $1 AND subject = $2
"""

FORGET_TRIES = """
DELETE FROM sign_in_rate
 WHERE (guard, subject) IN (SELECT guard, subject
                              FROM sign_in_rate
                             WHERE rests_at < $1
                             LIMIT $2
                               FOR UPDATE SKIP LOCKED)
"""
