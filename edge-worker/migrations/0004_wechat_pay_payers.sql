-- Who pays, where WeChat Pay must be told: inside WeChat the openid, in a phone's browser the address.

-- Who the buyer is to our application at WeChat. Personal, as the e-mail is: sealed (AES-GCM) for this buyer and
-- application, found again by its HMAC, erasable. An openid means something in its own application alone, so
-- after a change of WECHAT_PAY_APPID the buyer logs in again. The three are set together.
ALTER TABLE buyers ADD COLUMN openid_sealed TEXT;
ALTER TABLE buyers ADD COLUMN openid_hmac TEXT;
ALTER TABLE buyers ADD COLUMN openid_appid TEXT;

-- What the gateway is told of the payer. WeChat refuses a repeat under the same number with anything else, so it
-- is frozen with the attempt, in the same batch, whatever the next request of the buyer comes from. It is the
-- one place outside buyers that holds something personal: sealed for this attempt alone, and gone as soon as
-- the attempt is over and its creation cannot be repeated. Events, terms, the idempotency key and logs know
-- nothing of it.
ALTER TABLE attempts ADD COLUMN payer_sealed TEXT CONSTRAINT attempts_payer_gone
  CHECK (payer_sealed IS NULL OR status NOT IN ('paid', 'closed', 'failed'));
