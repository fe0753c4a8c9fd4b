//! What does an `Authorization` header of WeChat Pay v3 say?
//!
//! `WECHATPAY2-SHA256-RSA2048 mchid="…",nonce_str="…",signature="…",timestamp="…",serial_no="…"`, in any
//! order, each once, nothing else.

/// The one scheme there is.
pub(crate) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// The documented length of `nonce_str`.
const LONGEST_NONCE: usize = 32;

/// The claims of a caller, not yet believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) mchid: String,
    pub(crate) serial_no: String,
    pub(crate) nonce: String,
    /// As written: it is signed as text.
    pub(crate) timestamp: String,
    pub(crate) timestamp_s: i64,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads the header's value; the error says in words what is wrong with it.
    pub(crate) fn parse(header: &str) -> Result<Self, String> {
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if scheme != SCHEME {
            return Err(format!("Authorization: expected the scheme {SCHEME}, got {scheme:?}"));
        }
        let mut read = Self::default();
        for pair in rest.split(',') {
            let (name, value) = quoted(pair.trim())
                .ok_or_else(|| format!("Authorization: expected name=\"value\", got {pair:?}"))?;
            let place = match name {
                "mchid" => &mut read.mchid,
                "serial_no" => &mut read.serial_no,
                "nonce_str" => &mut read.nonce,
                "timestamp" => &mut read.timestamp,
                "signature" => &mut read.signature,
                _ => return Err(format!("Authorization: {name:?} does not belong here")),
            };
            if !place.is_empty() {
                return Err(format!("Authorization: {name} is given twice"));
            }
            value.clone_into(place);
        }
        read.checked()
    }

    fn checked(mut self) -> Result<Self, String> {
        for (name, value) in [
            ("mchid", &self.mchid),
            ("serial_no", &self.serial_no),
            ("nonce_str", &self.nonce),
            ("timestamp", &self.timestamp),
            ("signature", &self.signature),
        ] {
            if value.is_empty() {
                return Err(format!("Authorization: {name} is missing"));
            }
        }
        if self.nonce.len() > LONGEST_NONCE {
            return Err(format!("Authorization: nonce_str is longer than {LONGEST_NONCE}"));
        }
        if !self.timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("Authorization: timestamp must be seconds since 1970, digits only".to_owned());
        }
        self.timestamp_s =
            self.timestamp.parse().map_err(|_| "Authorization: timestamp is too large".to_owned())?;
        Ok(self)
    }
}

/// `name="value"` taken apart.
fn quoted(pair: &str) -> Option<(&str, &str)> {
    let (name, value) = pair.split_once('=')?;
    Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"WECHATPAY2-SHA256-RSA2048 mchid="1",serial_no="AB",timestamp="17",nonce_str="n=1",signature="c2k=""#;

    #[test]
    fn a_header_is_read_in_any_order() {
        let read = Authorization::parse(WHOLE).unwrap();
        assert_eq!((read.mchid.as_str(), read.nonce.as_str(), read.timestamp_s), ("1", "n=1", 17));
        let turned = r#"WECHATPAY2-SHA256-RSA2048 signature="c2k=", nonce_str="n=1",timestamp="17",serial_no="AB",mchid="1""#;
        assert_eq!(Authorization::parse(turned).unwrap(), read);
    }

    #[test]
    fn whatever_is_missing_doubled_unknown_or_of_another_form_is_named() {
        for (from, to, names) in [
            ("WECHATPAY2-SHA256-RSA2048", "Bearer", "scheme"),
            ("mchid=\"1\",", "", "mchid is missing"),
            ("serial_no=\"AB\"", "mchid=\"2\"", "mchid is given twice"),
            ("serial_no=", "serial=", "does not belong"),
            ("timestamp=\"17\"", "timestamp=17", "expected name=\"value\""),
            ("\"17\"", "\"17.5\"", "digits only"),
            ("\"17\"", "\"99999999999999999999\"", "too large"),
            ("n=1", "123456789012345678901234567890123", "longer than 32"),
        ] {
            let error = Authorization::parse(&WHOLE.replace(from, to)).unwrap_err();
            assert!(error.contains(names), "{error}");
        }
        assert!(Authorization::parse("").is_err());
    }
}
