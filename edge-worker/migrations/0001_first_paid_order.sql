-- The first paid order: what is sold, who buys, what happened, what was booked, who is told.
--
-- Amounts are INTEGER minor units, moments INTEGER milliseconds, ids TEXT. Tables are STRICT, so nothing of
-- another type can be stored. Numbers reach D1 as REAL: statements say CAST(?n AS INTEGER). The order events
-- and the ledger refuse UPDATE and DELETE, and INSERT OR REPLACE as well, which deletes without a trigger.
-- What must hold in them is said by RAISE(ABORT), because a trigger's statements inherit the conflict clause
-- of the statement that fired it: under INSERT OR IGNORE a CHECK would skip a row instead of refusing the entry.

-- What is sold. Prices and shares are lists, so that a second currency or earner needs no new column.
CREATE TABLE products (
  id            TEXT PRIMARY KEY,
  title         TEXT NOT NULL,
  kind          TEXT NOT NULL,
  prices        TEXT NOT NULL CONSTRAINT products_prices_json CHECK (json_type(prices) = 'array'),
  shares        TEXT NOT NULL CONSTRAINT products_shares_json CHECK (json_type(shares) = 'array'),
  updated_at_ms INTEGER NOT NULL
) STRICT;

-- Who buys: the only table with personal data. E-mail is sealed (AES-GCM), found again by its HMAC, and can
-- be erased without touching anything else, which knows the opaque id alone.
CREATE TABLE buyers (
  id            TEXT PRIMARY KEY,
  user_id       TEXT CONSTRAINT buyers_user_id UNIQUE,
  email_sealed  TEXT,
  email_hmac    TEXT,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- Who may call for the platform. The key itself is never stored, only its SHA-256.
CREATE TABLE api_keys (
  id            TEXT PRIMARY KEY,
  key_hash      TEXT NOT NULL CONSTRAINT api_keys_key_hash UNIQUE,
  scopes        TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;

-- Where each order stands now. Its history is order_events; this row moves in the same batch.
CREATE TABLE orders (
  id              TEXT PRIMARY KEY,
  buyer_id        TEXT NOT NULL REFERENCES buyers (id),
  cart_key        TEXT NOT NULL,
  status          TEXT NOT NULL
                  CONSTRAINT orders_status CHECK (status IN ('awaiting_payment', 'paid', 'expired', 'cancelled')),
  currency        TEXT NOT NULL,
  total_minor     INTEGER NOT NULL CONSTRAINT orders_total CHECK (total_minor BETWEEN 1 AND 9007199254740991),
  lines           TEXT NOT NULL CONSTRAINT orders_lines_json CHECK (json_type(lines) = 'array'),
  paid_attempt_id TEXT,
  paid_at_ms      INTEGER,
  created_at_ms   INTEGER NOT NULL,
  expires_at_ms   INTEGER NOT NULL,
  sequence        INTEGER NOT NULL,
  head_hash       TEXT NOT NULL,
  -- When the cron looks at it next; NULL once nothing is left to do.
  next_at_ms      INTEGER,
  CONSTRAINT orders_paid_by CHECK ((status = 'paid') = (paid_attempt_id IS NOT NULL))
) STRICT;

-- One open order per buyer and cart: a double click, a reload and a second tab find the same one.
CREATE UNIQUE INDEX orders_open_cart ON orders (buyer_id, cart_key) WHERE status = 'awaiting_payment';
CREATE INDEX orders_due ON orders (next_at_ms) WHERE next_at_ms IS NOT NULL;

-- What happened to each order. The primary key is the guard against two deciding at once; decision_id finds
-- a commit again whose reply was lost; hash chains the stored bytes.
CREATE TABLE order_events (
  order_id    TEXT NOT NULL,
  sequence    INTEGER NOT NULL,
  decision_id TEXT NOT NULL,
  kind        TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  body        TEXT NOT NULL,
  hash        TEXT NOT NULL,
  PRIMARY KEY (order_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_events_decision ON order_events (decision_id);

CREATE TRIGGER order_events_in_order BEFORE INSERT ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events_conflict') WHERE NEW.sequence <> 1 +
    (SELECT coalesce(max(sequence), 0) FROM order_events WHERE order_id = NEW.order_id);
END;
CREATE TRIGGER order_events_no_update BEFORE UPDATE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events_append_only');
END;
CREATE TRIGGER order_events_no_delete BEFORE DELETE ON order_events BEGIN
  SELECT RAISE(ABORT, 'order_events_append_only');
END;

-- Each try to pay. The id is the merchant number the gateway knows. Everything the gateway is told is here
-- before it is called.
CREATE TABLE attempts (
  id            TEXT PRIMARY KEY,
  order_id      TEXT NOT NULL REFERENCES orders (id),
  method        TEXT NOT NULL,
  channel       TEXT NOT NULL,
  currency      TEXT NOT NULL,
  amount_minor  INTEGER NOT NULL CONSTRAINT attempts_amount CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
  terms         TEXT NOT NULL CONSTRAINT attempts_terms_json CHECK (json_type(terms) = 'object'),
  status        TEXT NOT NULL CONSTRAINT attempts_status CHECK
                (status IN ('created', 'pending', 'processing', 'unknown', 'paid', 'closed', 'failed')),
  -- Which call went unanswered, while unknown.
  step          TEXT,
  -- The gateway's code, once failed.
  reason        TEXT,
  -- The capture, once paid.
  gateway_no    TEXT,
  paid_at_ms    INTEGER,
  settled       INTEGER CONSTRAINT attempts_settled CHECK (settled IN (0, 1)),
  action        TEXT,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  -- When a page last had the gateway asked; how often the cron has asked, and when it asks next.
  asked_at_ms   INTEGER NOT NULL,
  asks          INTEGER NOT NULL DEFAULT 0,
  next_at_ms    INTEGER
) STRICT;
CREATE INDEX attempts_order ON attempts (order_id, id);
CREATE INDEX attempts_due ON attempts (next_at_ms) WHERE next_at_ms IS NOT NULL;

-- What a buyer may open. A lasting grant is had once.
CREATE TABLE entitlements (
  id            TEXT PRIMARY KEY,
  buyer_id      TEXT NOT NULL REFERENCES buyers (id),
  product_id    TEXT NOT NULL,
  order_id      TEXT NOT NULL REFERENCES orders (id),
  starts_at_ms  INTEGER NOT NULL,
  ends_at_ms    INTEGER,
  revoked_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX entitlements_lasting ON entitlements (buyer_id, product_id)
  WHERE revoked_at_ms IS NULL AND ends_at_ms IS NULL;
CREATE INDEX entitlements_buyer ON entitlements (buyer_id, product_id, id);

-- The ledger. An entry is one row with its legs as JSON
--   [{"account": …, "side": "debit" | "credit", "amount_minor": …, "currency": …}, …]
-- because D1 has no deferred triggers: only a whole entry in one row can be refused for not balancing.
-- cause names the one thing that happened, so it cannot be booked twice.
CREATE TABLE ledger_entries (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL CONSTRAINT ledger_entries_id UNIQUE,
  kind     TEXT NOT NULL,
  cause    TEXT NOT NULL CONSTRAINT ledger_entries_cause UNIQUE,
  order_id TEXT REFERENCES orders (id),
  at_ms    INTEGER NOT NULL,
  legs     TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_entries_order ON ledger_entries (order_id, sequence) WHERE order_id IS NOT NULL;

-- One row per leg, written by the trigger below and by nothing else. debit_balance_minor is the account's
-- debits minus credits up to and including this posting: the balance is its latest posting, so there is no
-- mutable balance to go wrong. A wallet is a credit account and may not be overdrawn: the trigger below says
-- insufficient_funds.
CREATE TABLE ledger_postings (
  entry_sequence      INTEGER NOT NULL REFERENCES ledger_entries (sequence),
  leg                 INTEGER NOT NULL,
  account             TEXT NOT NULL,
  currency            TEXT NOT NULL,
  side                TEXT NOT NULL,
  amount_minor        INTEGER NOT NULL,
  debit_balance_minor INTEGER NOT NULL,
  PRIMARY KEY (entry_sequence, leg)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_postings_account ON ledger_postings (account, currency, entry_sequence);

CREATE TRIGGER ledger_entries_balanced BEFORE INSERT ON ledger_entries BEGIN
  SELECT RAISE(ABORT, 'ledger_entry_exists') WHERE EXISTS
    (SELECT 1 FROM ledger_entries WHERE sequence = NEW.sequence OR id = NEW.id OR cause = NEW.cause);
  SELECT RAISE(ABORT, 'ledger_legs_malformed') WHERE
    NOT json_valid(NEW.legs) OR json_type(NEW.legs) IS NOT 'array' OR json_array_length(NEW.legs) < 2;
  SELECT RAISE(ABORT, 'ledger_legs_malformed') FROM json_each(NEW.legs) AS legs WHERE
    type IS NOT 'object'
    OR json_type(value, '$.account') IS NOT 'text'
    OR json_type(value, '$.currency') IS NOT 'text'
    OR coalesce(value ->> '$.side', '') NOT IN ('debit', 'credit')
    OR json_type(value, '$.amount_minor') IS NOT 'integer'
    OR (value ->> '$.amount_minor') NOT BETWEEN 1 AND 9007199254740991
    -- Four members and no more: a name that stands twice would be read in two ways.
    OR (SELECT count(*) FROM json_each(legs.value)) <> 4;
  SELECT RAISE(ABORT, 'ledger_account_repeated') FROM json_each(NEW.legs)
    GROUP BY value ->> '$.account', value ->> '$.currency' HAVING count(*) > 1;
  SELECT RAISE(ABORT, 'ledger_unbalanced') FROM json_each(NEW.legs)
    GROUP BY value ->> '$.currency'
    HAVING sum(CASE value ->> '$.side' WHEN 'debit' THEN 1 ELSE -1 END * (value ->> '$.amount_minor')) <> 0;
END;

CREATE TRIGGER ledger_entries_post AFTER INSERT ON ledger_entries BEGIN
  -- One after the other, with no gap: the latest posting is the balance, so no entry may slip in before it.
  SELECT RAISE(ABORT, 'ledger_sequence_wrong') WHERE NEW.sequence IS NOT
    1 + coalesce((SELECT max(sequence) FROM ledger_entries WHERE sequence <> NEW.sequence), 0);
  INSERT INTO ledger_postings (entry_sequence, leg, account, currency, side, amount_minor, debit_balance_minor)
  SELECT NEW.sequence, key, value ->> '$.account', value ->> '$.currency', value ->> '$.side',
         value ->> '$.amount_minor',
         coalesce((SELECT debit_balance_minor FROM ledger_postings
                   WHERE account = value ->> '$.account' AND currency = value ->> '$.currency'
                   ORDER BY entry_sequence DESC LIMIT 1), 0)
         + CASE value ->> '$.side' WHEN 'debit' THEN 1 ELSE -1 END * (value ->> '$.amount_minor')
  FROM json_each(NEW.legs);
  SELECT RAISE(ABORT, 'ledger_posting_missing') WHERE json_array_length(NEW.legs) <>
    (SELECT count(*) FROM ledger_postings WHERE entry_sequence = NEW.sequence);
END;

CREATE TRIGGER ledger_postings_of_their_entry BEFORE INSERT ON ledger_postings BEGIN
  SELECT RAISE(ABORT, 'ledger_posting_exists') WHERE EXISTS
    (SELECT 1 FROM ledger_postings WHERE entry_sequence = NEW.entry_sequence
     AND (leg = NEW.leg OR (account = NEW.account AND currency = NEW.currency)));
  SELECT RAISE(ABORT, 'ledger_posting_stray') WHERE NOT EXISTS
    (SELECT 1 FROM ledger_entries, json_each(ledger_entries.legs)
     WHERE ledger_entries.sequence = NEW.entry_sequence AND key = NEW.leg
       AND value ->> '$.account' = NEW.account AND value ->> '$.currency' = NEW.currency
       AND value ->> '$.side' = NEW.side AND value ->> '$.amount_minor' = NEW.amount_minor);
  SELECT RAISE(ABORT, 'ledger_balance_wrong') WHERE NEW.debit_balance_minor IS NOT
    coalesce((SELECT debit_balance_minor FROM ledger_postings
              WHERE account = NEW.account AND currency = NEW.currency
              ORDER BY entry_sequence DESC LIMIT 1), 0)
    + CASE NEW.side WHEN 'debit' THEN 1 ELSE -1 END * NEW.amount_minor;
  SELECT RAISE(ABORT, 'insufficient_funds') WHERE NEW.account GLOB 'wallet:*' AND NEW.debit_balance_minor > 0;
  SELECT RAISE(ABORT, 'ledger_balance_range')
    WHERE NEW.debit_balance_minor NOT BETWEEN -9007199254740991 AND 9007199254740991;
END;

CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only');
END;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only');
END;
CREATE TRIGGER ledger_postings_no_update BEFORE UPDATE ON ledger_postings BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only');
END;
CREATE TRIGGER ledger_postings_no_delete BEFORE DELETE ON ledger_postings BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only');
END;

-- Verified callbacks with what became of them. A repeat counts up; that it changes nothing is the decision's
-- doing, not this key's.
CREATE TABLE callbacks (
  gateway     TEXT NOT NULL,
  notice_key  TEXT NOT NULL,
  merchant_no TEXT NOT NULL,
  outcome     TEXT NOT NULL CONSTRAINT callbacks_outcome CHECK (outcome IN ('taken', 'quarantined')),
  -- Why it was quarantined.
  detail      TEXT,
  -- Of the raw callback; NULL for what an answer of the gateway said.
  body_sha256 TEXT,
  first_at_ms INTEGER NOT NULL,
  last_at_ms  INTEGER NOT NULL,
  deliveries  INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (gateway, notice_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX callbacks_by_outcome ON callbacks (outcome, last_at_ms);

-- What the platform is told, and to whom it has been told. Messages are committed with what they tell of;
-- deliveries carry the schedule.
CREATE TABLE outbox_messages (
  id       TEXT PRIMARY KEY,
  kind     TEXT NOT NULL,
  order_id TEXT NOT NULL REFERENCES orders (id),
  sequence INTEGER NOT NULL,
  at_ms    INTEGER NOT NULL,
  -- Whether its deliveries were made: not, while no endpoint was known.
  is_addressed INTEGER NOT NULL CONSTRAINT outbox_messages_addressed CHECK (is_addressed IN (0, 1))
) STRICT;
CREATE INDEX outbox_messages_orphans ON outbox_messages (at_ms, id) WHERE is_addressed = 0;

CREATE TABLE outbox_deliveries (
  message_id      TEXT NOT NULL REFERENCES outbox_messages (id),
  -- The endpoint's name, not its address: an address may change while a delivery waits.
  endpoint        TEXT NOT NULL,
  tries           INTEGER NOT NULL DEFAULT 0,
  -- NULL once delivered or given up.
  next_at_ms      INTEGER,
  delivered_at_ms INTEGER,
  last_status     INTEGER,
  PRIMARY KEY (message_id, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_deliveries_due ON outbox_deliveries (next_at_ms) WHERE next_at_ms IS NOT NULL;

-- Credits to wallets, with the reason that was given.
CREATE TABLE wallet_credits (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL,
  currency     TEXT NOT NULL,
  amount_minor INTEGER NOT NULL
               CONSTRAINT wallet_credits_amount CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
  reason       TEXT NOT NULL,
  at_ms        INTEGER NOT NULL
) STRICT;

-- Requests answered before. scope is SHA-256 of caller, method and path. The row is committed with the
-- resource it names; answer follows once there is one; a lease that ran out was left behind by a crash.
CREATE TABLE idempotency_keys (
  scope          TEXT NOT NULL,
  key            TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  resource_id    TEXT NOT NULL,
  lease_until_ms INTEGER NOT NULL,
  answer_status  INTEGER,
  answer_body    TEXT,
  created_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
