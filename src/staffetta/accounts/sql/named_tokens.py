"""The statement that finds live tokens by what a person can say of them."""

# By the beginning of its hash in hexadecimal digits, or by its last four characters. Two are
# enough to know that the name fits more than one.
FIND_BY_NAME = """
SELECT hash
  FROM token
 WHERE space_id = $1
   AND revoked_at IS NULL
   AND expire_at > $2
   AND (hint = $3 OR (length($3) >= $4 AND starts_with(encode(hash, 'hex'), $3)))
 LIMIT 2
"""
