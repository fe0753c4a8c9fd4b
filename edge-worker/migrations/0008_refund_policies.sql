-- Until when a product is refunded, and up to which use; and who sets that aside.

-- NULL: it is always refunded. What was sold keeps the policy in its order's lines.
ALTER TABLE products ADD COLUMN refund_policy TEXT
  CONSTRAINT products_refund_policy_json CHECK (json_type(refund_policy) = 'object');

-- Who refunded whatever the policies said, and why.
ALTER TABLE refunds ADD COLUMN policy_override TEXT
  CONSTRAINT refunds_policy_override_json CHECK (json_type(policy_override) = 'object');

-- As before; and whose word it was stays.
DROP TRIGGER refunds_frozen;
CREATE TRIGGER refunds_frozen BEFORE UPDATE ON refunds
WHEN NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.attempt_id <> OLD.attempt_id
  OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency OR NEW.purpose <> OLD.purpose
  OR NEW.reason <> OLD.reason OR NEW.policy_override IS NOT OLD.policy_override
  OR (OLD.status IN ('succeeded', 'failed') AND NEW.status NOT IN (OLD.status, 'needs_attention'))
  OR (OLD.status = 'needs_attention' AND NEW.status IN ('requested', 'pending')) BEGIN
  SELECT RAISE(ABORT, 'refunds_frozen');
END;
