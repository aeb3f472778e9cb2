-- Entries that cannot be changed unseen, monthly closings that stay when months are dropped, and
-- credit limits with their history.

-- What ledger_entry.checksum is: 64 bits over all other columns. It finds what was changed by a
-- mistake, a tool or a hand; it is no signature.
CREATE FUNCTION ledger_entry_checksum(
    space_id integer, sequence bigint, id bytea, at timestamptz, kind text, amount_micro bigint,
    balance_after_micro bigint, counter_account text, recipient_id bytea, message_id bytea,
    note text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hash_record_extended(
    ROW(space_id, sequence, id, at, kind, amount_micro, balance_after_micro, counter_account,
        recipient_id, message_id, note), 0);

-- Nothing here reads or rewrites all entries: their table may be of any length, and everybody waits.
-- Wallets first, in the order in which everybody locks them and entries.
-- A wallet's entries have ids that only grow, whatever the clocks of processes say: so the entries
-- of a month stand together in the sequence. Closing a month raises the id past its end, and no
-- transaction can write into it any more.
ALTER TABLE wallet
    ADD COLUMN newest_entry_id bytea NOT NULL DEFAULT '\x000000000000000000000000',
    ADD COLUMN closed_until date NOT NULL DEFAULT '1970-01-01',  -- the months before are closed
    ADD COLUMN without_checksum_until bigint NOT NULL DEFAULT 0;  -- see ledger_entry.checksum

-- Written with each row, and does not follow it. Rows that are there get theirs later, some at a
-- time, from the newest to the oldest: of a wallet only those up to its `without_checksum_until`
-- may have none.
ALTER TABLE ledger_entry ADD COLUMN checksum bigint;
UPDATE wallet SET without_checksum_until = sequence WHERE sequence > 0;
CREATE INDEX wallet_without_checksum ON wallet (space_id) WHERE without_checksum_until > 0;

-- A release that does not know the column may still be running.
CREATE FUNCTION ledger_entry_fill_checksum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.checksum := ledger_entry_checksum(
        NEW.space_id, NEW.sequence, NEW.id, NEW.at, NEW.kind, NEW.amount_micro,
        NEW.balance_after_micro, NEW.counter_account, NEW.recipient_id, NEW.message_id, NEW.note);
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_without_checksum BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.checksum IS NULL) EXECUTE FUNCTION ledger_entry_fill_checksum();

-- The sum of a wallet's entries up to one of them, written when a month is over. `sums` has one
-- object for each kind and counter-account of the entries that it adds to the closing before it:
-- {kind, counter_account, entry_count, amount_micro}.
CREATE TABLE ledger_closing (
    space_id             integer NOT NULL REFERENCES space,
    month                date NOT NULL CHECK (extract(day FROM month) = 1),
    first_sequence       bigint NOT NULL,             -- of the entries that it adds
    sequence             bigint NOT NULL,             -- of the last entry that it covers
    first_id             bytea NOT NULL CHECK (octet_length(first_id) = 12),  -- the smallest of them
    last_id              bytea NOT NULL CHECK (octet_length(last_id) = 12),   -- the largest
    balance_after_micro  bigint NOT NULL,
    sums                 jsonb NOT NULL,
    closed_at            timestamptz NOT NULL,
    checksum             bigint NOT NULL,
    PRIMARY KEY (space_id, month),
    CHECK (first_sequence <= sequence)
);

CREATE FUNCTION ledger_closing_checksum(
    space_id integer, month date, first_sequence bigint, sequence bigint, first_id bytea,
    last_id bytea, balance_after_micro bigint, sums jsonb, closed_at timestamptz)
    RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hash_record_extended(
    ROW(space_id, month, first_sequence, sequence, first_id, last_id, balance_after_micro, sums,
        closed_at), 0);

-- How far each wallet may go below nothing, and since when.
CREATE TABLE credit_limit_change (
    space_id            integer NOT NULL REFERENCES space,
    id                  integer GENERATED ALWAYS AS IDENTITY,
    at                  timestamptz NOT NULL,
    limit_before_micro  bigint NOT NULL,
    limit_micro         bigint NOT NULL CHECK (limit_micro >= 0),
    balance_micro       bigint NOT NULL,              -- as it stood
    held_micro          bigint NOT NULL,
    forced              boolean NOT NULL,             -- although the balance was below it
    note                text NOT NULL,
    PRIMARY KEY (space_id, id)
);

-- Append-only. Dropping a month's partition stays possible; see docs/reference/ledger.md.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: its rows are never changed, a mistake is corrected by another row',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- All that may be done to a row is to give it the checksum that it has none of.
CREATE TRIGGER ledger_entry_never_changed BEFORE UPDATE ON ledger_entry
    FOR EACH ROW WHEN (
        OLD.checksum IS NOT NULL
        OR NEW.checksum IS DISTINCT FROM ledger_entry_checksum(
            OLD.space_id, OLD.sequence, OLD.id, OLD.at, OLD.kind, OLD.amount_micro,
            OLD.balance_after_micro, OLD.counter_account, OLD.recipient_id, OLD.message_id,
            OLD.note)
        OR NEW.checksum IS DISTINCT FROM ledger_entry_checksum(
            NEW.space_id, NEW.sequence, NEW.id, NEW.at, NEW.kind, NEW.amount_micro,
            NEW.balance_after_micro, NEW.counter_account, NEW.recipient_id, NEW.message_id,
            NEW.note))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_closing_append_only BEFORE UPDATE OR DELETE ON ledger_closing
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credit_limit_change_append_only BEFORE UPDATE OR DELETE ON credit_limit_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_never_truncated BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_closing_never_truncated BEFORE TRUNCATE ON ledger_closing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER credit_limit_change_never_truncated BEFORE TRUNCATE ON credit_limit_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Releases before this one numbered entries by one clock and dated them by another, a few seconds
-- apart: so the largest id is among the newest entries.
UPDATE wallet
   SET newest_entry_id = decode(newest.id, 'hex')
  FROM (SELECT owner.space_id, max(entry.id COLLATE "C") AS id
          FROM wallet AS owner
         CROSS JOIN LATERAL (SELECT encode(one.id, 'hex') AS id
                               FROM ledger_entry AS one
                              WHERE one.space_id = owner.space_id
                              ORDER BY one.sequence DESC
                              LIMIT 100) AS entry
         GROUP BY owner.space_id) AS newest
 WHERE newest.space_id = wallet.space_id;

-- What keeps a month and those before it from being dropped: wallets whose entries of that time are
-- not all covered by their closings of that time. No row: they may be dropped, all together.
CREATE FUNCTION ledger_not_closed(month date)
    RETURNS TABLE (space_id integer, last_sequence bigint, closed_sequence bigint)
    LANGUAGE sql STABLE
AS $$
    SELECT wallet.space_id, entry.sequence, closing.sequence
      FROM wallet
      LEFT JOIN LATERAL (
           SELECT max(one.sequence) AS sequence
             FROM ledger_entry AS one
            WHERE one.space_id = wallet.space_id
              AND one.id < decode(rpad(lpad(to_hex(extract(
                      epoch FROM ($1 + interval '1 month') AT TIME ZONE 'UTC')::bigint),
                      8, '0'), 24, '0'), 'hex')) AS entry ON true
      LEFT JOIN LATERAL (
           SELECT max(one.sequence) AS sequence
             FROM ledger_closing AS one
            WHERE one.space_id = wallet.space_id AND one.month <= $1) AS closing ON true
     WHERE wallet.closed_until <= $1
        OR entry.sequence > coalesce(closing.sequence, 0)
     ORDER BY wallet.space_id
$$;
