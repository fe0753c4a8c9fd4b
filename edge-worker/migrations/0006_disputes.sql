-- Money that buyers' banks take back.

-- Each dispute. What it takes back is decided when it is lost.
CREATE TABLE disputes (
  id                 TEXT PRIMARY KEY,
  order_id           TEXT NOT NULL REFERENCES orders (id),
  attempt_id         TEXT NOT NULL REFERENCES attempts (id),
  -- What the gateway calls it.
  gateway_no         TEXT NOT NULL,
  currency           TEXT NOT NULL,
  amount_minor       INTEGER NOT NULL CONSTRAINT disputes_amount CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
  reason             TEXT NOT NULL,
  status             TEXT NOT NULL CONSTRAINT disputes_status CHECK (status IN ('open', 'won', 'lost')),
  evidence_due_at_ms INTEGER,
  takes              TEXT CONSTRAINT disputes_takes_json CHECK (json_type(takes) = 'object'),
  opened_at_ms       INTEGER NOT NULL,
  closed_at_ms       INTEGER,
  CONSTRAINT disputes_lost CHECK ((status = 'lost') = (takes IS NOT NULL)),
  CONSTRAINT disputes_closed CHECK ((status = 'open') = (closed_at_ms IS NULL))
) STRICT;
CREATE INDEX disputes_order ON disputes (order_id, id);
CREATE INDEX disputes_by_status ON disputes (status, opened_at_ms);
CREATE UNIQUE INDEX disputes_once ON disputes (attempt_id, gateway_no);

-- What has ended does not begin again.
CREATE TRIGGER disputes_frozen BEFORE UPDATE ON disputes
WHEN NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.attempt_id <> OLD.attempt_id
  OR NEW.gateway_no <> OLD.gateway_no OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
  OR OLD.status <> 'open' BEGIN
  SELECT RAISE(ABORT, 'disputes_frozen');
END;
CREATE TRIGGER disputes_had_once BEFORE INSERT ON disputes BEGIN
  SELECT RAISE(ABORT, 'disputes_frozen') WHERE EXISTS
    (SELECT 1 FROM disputes WHERE id = NEW.id OR (attempt_id = NEW.attempt_id AND gateway_no = NEW.gateway_no));
END;
CREATE TRIGGER disputes_no_delete BEFORE DELETE ON disputes BEGIN
  SELECT RAISE(ABORT, 'disputes_frozen');
END;

-- A dispute names its payment by the gateway's number.
CREATE INDEX attempts_gateway_no ON attempts (gateway_no) WHERE gateway_no IS NOT NULL;

-- About which dispute a message is, if it is about one.
ALTER TABLE outbox_messages ADD COLUMN dispute_id TEXT;
