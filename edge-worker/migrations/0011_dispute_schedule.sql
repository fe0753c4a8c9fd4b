-- Open disputes are asked about: an event that is lost for good would leave one open for ever.

-- When the cron asks next; NULL once the bank has decided, for what is decided stays so. Those that are open already
-- are asked about a day after they were opened, as new ones are.
ALTER TABLE disputes ADD COLUMN next_at_ms INTEGER
  CONSTRAINT disputes_asked_while_open CHECK (next_at_ms IS NULL OR status = 'open');
UPDATE disputes SET next_at_ms = opened_at_ms + 86400000 WHERE status = 'open';
CREATE INDEX disputes_due ON disputes (next_at_ms) WHERE next_at_ms IS NOT NULL;
