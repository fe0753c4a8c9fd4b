-- Why a payment was not made; and one reminder for an order that is left unpaid.

-- In the few words that a learner is told; the gateway's own code is in the order's events. Filled as it is heard.
ALTER TABLE attempts ADD COLUMN failure TEXT CONSTRAINT attempts_failure CHECK
  (failure IN ('insufficient_balance', 'declined', 'cancelled', 'timed_out', 'refused'));

-- Whether the platform was told that the order is unpaid, and when the cron looks whether it is time; NULL where
-- reminders are off, or nothing is left to remind of.
ALTER TABLE orders ADD COLUMN is_reminded INTEGER NOT NULL DEFAULT 0
  CONSTRAINT orders_reminded CHECK (is_reminded IN (0, 1));
ALTER TABLE orders ADD COLUMN remind_at_ms INTEGER;
CREATE INDEX orders_to_remind ON orders (remind_at_ms) WHERE remind_at_ms IS NOT NULL;
