"""The statement that lists accounts for operators, with what is to be known of each at a glance."""

# $1: a part of the account's address, or of the address or name of one of its people, in small
# letters. $2: open, blocked, closed, or all. $3: the address that the page before ended with.
LIST_OPERATED = """
SELECT account.id, account.email, account.currency, account.created_at, account.closed_at,
       ARRAY(SELECT space.environment::text
               FROM space
              WHERE space.account_id = account.id
                AND space.blocklisted_at IS NOT NULL
              ORDER BY space.environment) AS blocked_in,
       ARRAY(SELECT space.environment::text
               FROM space
              WHERE space.account_id = account.id
              ORDER BY space.environment) AS environments,
       ARRAY(SELECT space.id
               FROM space
              WHERE space.account_id = account.id
              ORDER BY space.environment) AS space_ids
  FROM account
 WHERE ($1 = ''
        OR strpos(account.email, $1) > 0
        OR EXISTS (SELECT
                     FROM person
                    WHERE person.account_id = account.id
                      AND (strpos(person.email, $1) > 0 OR strpos(lower(person.name), $1) > 0)))
   AND CASE $2
       WHEN 'open' THEN account.closed_at IS NULL
       WHEN 'closed' THEN account.closed_at IS NOT NULL
       WHEN 'blocked' THEN EXISTS (SELECT
                                     FROM space
                                    WHERE space.account_id = account.id
                                      AND space.blocklisted_at IS NOT NULL)
       ELSE true
       END
   AND account.email > $3
 ORDER BY account.email
 LIMIT $4
"""
