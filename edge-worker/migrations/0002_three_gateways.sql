-- What a gateway calls an attempt before it is paid, where it must be asked by that name (Stripe's session).
ALTER TABLE attempts ADD COLUMN gateway_ref TEXT;
