-- Idempotency keys are kept for thirty days; the cron finds the older ones.
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at_ms);
