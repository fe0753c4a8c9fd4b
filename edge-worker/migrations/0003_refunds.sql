-- Money on its way back.

-- Each refund. The id is the number the gateway knows it by; everything the gateway is told is here, or in its
-- attempt, before it is called.
CREATE TABLE refunds (
  id              TEXT PRIMARY KEY,
  order_id        TEXT NOT NULL REFERENCES orders (id),
  attempt_id      TEXT NOT NULL REFERENCES attempts (id),
  currency        TEXT NOT NULL,
  amount_minor    INTEGER NOT NULL CONSTRAINT refunds_amount CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
  -- What it takes back: a part of the sale, by line and share, or surplus.
  purpose         TEXT NOT NULL CONSTRAINT refunds_purpose_json CHECK (json_type(purpose) = 'object'),
  reason          TEXT NOT NULL,
  status          TEXT NOT NULL CONSTRAINT refunds_status CHECK
                  (status IN ('requested', 'pending', 'succeeded', 'failed', 'needs_attention')),
  -- The gateway's code, once failed or in need of attention, and where the money is then. While it is open:
  -- what the gateway last said that settled nothing.
  code            TEXT,
  money           TEXT CONSTRAINT refunds_money CHECK (money IN ('kept', 'taken_back', 'paid_after_failure')),
  gateway_no      TEXT,
  succeeded_at_ms INTEGER,
  created_at_ms   INTEGER NOT NULL,
  -- Whether the platform was told that it takes long.
  is_overdue      INTEGER NOT NULL CONSTRAINT refunds_overdue CHECK (is_overdue IN (0, 1)),
  -- How often the cron has asked, and when it asks next; NULL once the gateway has nothing more to say.
  asks            INTEGER NOT NULL DEFAULT 0,
  next_at_ms      INTEGER,
  CONSTRAINT refunds_stranded CHECK ((status = 'needs_attention') = (money IS NOT NULL))
) STRICT;
CREATE INDEX refunds_order ON refunds (order_id, id);
CREATE INDEX refunds_attempt ON refunds (attempt_id);
CREATE INDEX refunds_due ON refunds (next_at_ms) WHERE next_at_ms IS NOT NULL;

-- Never more goes back than came: said once more, for whatever decided otherwise. INSERT OR REPLACE deletes
-- without a trigger, so that a number is had once is said here as well.
CREATE TRIGGER refunds_within_payment BEFORE INSERT ON refunds BEGIN
  SELECT RAISE(ABORT, 'refunds_frozen') WHERE EXISTS (SELECT 1 FROM refunds WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'refunds_beyond_payment') WHERE NOT EXISTS
    (SELECT 1 FROM attempts WHERE id = NEW.attempt_id AND order_id = NEW.order_id AND status = 'paid'
     AND currency = NEW.currency AND amount_minor >= NEW.amount_minor +
       (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE attempt_id = NEW.attempt_id AND status <> 'failed'));
END;
-- What the gateway was told stays, or a repeat would tell it something else; what has ended does not begin again,
-- or what is left to refund could be given back twice.
CREATE TRIGGER refunds_frozen BEFORE UPDATE ON refunds
WHEN NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.attempt_id <> OLD.attempt_id
  OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency OR NEW.purpose <> OLD.purpose
  OR NEW.reason <> OLD.reason
  OR (OLD.status IN ('succeeded', 'failed') AND NEW.status NOT IN (OLD.status, 'needs_attention'))
  OR (OLD.status = 'needs_attention' AND NEW.status IN ('requested', 'pending')) BEGIN
  SELECT RAISE(ABORT, 'refunds_frozen');
END;
CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds BEGIN
  SELECT RAISE(ABORT, 'refunds_frozen');
END;

-- About which refund a message is, if it is about one.
ALTER TABLE outbox_messages ADD COLUMN refund_id TEXT;

-- What an order opened, to be closed again.
CREATE INDEX entitlements_order ON entitlements (order_id, product_id);
