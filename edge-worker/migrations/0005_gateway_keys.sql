-- Keys of gateways that a job fetches: WeChat Pay's platform certificates.

-- By which keys an account's gateway signs. `name` is what its signatures call the key by, `public_key` base64 of
-- SubjectPublicKeyInfo. Replaced as a whole when the gateway's list is fetched; found by its full name alone.
CREATE TABLE gateway_keys (
  gateway        TEXT NOT NULL,
  account        TEXT NOT NULL,
  name           TEXT NOT NULL,
  public_key     TEXT NOT NULL,
  valid_from_ms  INTEGER NOT NULL,
  valid_until_ms INTEGER NOT NULL,
  PRIMARY KEY (gateway, account, name)
) STRICT, WITHOUT ROWID;

-- When each account's list is fetched next. The row appears when it is first due.
CREATE TABLE gateway_key_fetches (
  gateway    TEXT NOT NULL,
  account    TEXT NOT NULL,
  next_at_ms INTEGER NOT NULL,
  PRIMARY KEY (gateway, account)
) STRICT, WITHOUT ROWID;
