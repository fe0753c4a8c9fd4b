-- A refund that succeeded is asked about again where its gateway may take it back: its notice may be lost.

-- Those of the last month are asked about from a day after their success, as new ones are; the older ones stand.
UPDATE refunds SET asks = 0, next_at_ms = succeeded_at_ms + 86400000
  WHERE status = 'succeeded' AND succeeded_at_ms > (unixepoch() - 31 * 86400) * 1000
  AND attempt_id IN (SELECT id FROM attempts WHERE method = 'card');
