-- Money that came when it could settle nothing, in one list.

-- One row for each piece of it, in the order in which it came. The fate follows from the order's refunds and
-- disputes, and moves in the same batch as they do; everything else is as it was received.
CREATE TABLE surplus (
  sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt_id     TEXT NOT NULL CONSTRAINT surplus_attempt UNIQUE REFERENCES attempts (id),
  order_id       TEXT NOT NULL REFERENCES orders (id),
  gateway        TEXT NOT NULL,
  currency       TEXT NOT NULL,
  amount_minor   INTEGER NOT NULL CONSTRAINT surplus_amount CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
  reason         TEXT NOT NULL CONSTRAINT surplus_reason CHECK (reason IN ('already_paid', 'cancelled', 'already_owned')),
  fate           TEXT NOT NULL CONSTRAINT surplus_fate CHECK
                 (fate IN ('returning', 'returned', 'needs_attention', 'disputed', 'lost')),
  received_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX surplus_by_fate ON surplus (fate, sequence);

-- What came before there was a list.
INSERT INTO surplus (attempt_id, order_id, gateway, currency, amount_minor, reason, fate, received_at_ms)
SELECT a.id, a.order_id, a.method, a.currency, a.amount_minor, e.body ->> '$.reason',
  CASE
    WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.attempt_id = a.id AND d.status = 'open') THEN 'disputed'
    WHEN EXISTS (SELECT 1 FROM refunds r WHERE r.attempt_id = a.id AND r.status = 'needs_attention')
      THEN 'needs_attention'
    WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.attempt_id = a.id AND d.status = 'lost') THEN 'lost'
    WHEN EXISTS (SELECT 1 FROM refunds r WHERE r.attempt_id = a.id AND r.status IN ('requested', 'pending'))
      THEN 'returning'
    WHEN EXISTS (SELECT 1 FROM refunds r WHERE r.attempt_id = a.id AND r.status = 'succeeded') THEN 'returned'
    ELSE 'needs_attention'
  END,
  e.at_ms
FROM order_events e JOIN attempts a ON a.id = e.body ->> '$.attempt'
WHERE e.kind = 'surplus_received'
ORDER BY e.at_ms, a.id;

CREATE TRIGGER surplus_frozen BEFORE UPDATE ON surplus
WHEN NEW.sequence <> OLD.sequence OR NEW.attempt_id <> OLD.attempt_id OR NEW.order_id <> OLD.order_id
  OR NEW.gateway <> OLD.gateway OR NEW.currency <> OLD.currency OR NEW.amount_minor <> OLD.amount_minor
  OR NEW.reason <> OLD.reason OR NEW.received_at_ms <> OLD.received_at_ms BEGIN
  SELECT RAISE(ABORT, 'surplus_frozen');
END;
CREATE TRIGGER surplus_had_once BEFORE INSERT ON surplus BEGIN
  SELECT RAISE(ABORT, 'surplus_frozen') WHERE EXISTS
    (SELECT 1 FROM surplus WHERE sequence = NEW.sequence OR attempt_id = NEW.attempt_id);
END;
CREATE TRIGGER surplus_no_delete BEFORE DELETE ON surplus BEGIN
  SELECT RAISE(ABORT, 'surplus_frozen');
END;
