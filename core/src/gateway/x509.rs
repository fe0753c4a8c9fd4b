//! What does a certificate say? (X.509, RFC 5280, as far as gateways need it)
//!
//! Written by hand: half a dozen fields of one structure are wanted, and a reader of all of X.509 would be the
//! largest dependency of this crate. What is read was authenticated before, or comes from the configuration;
//! nothing here decides whom to trust.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDateTime;

use crate::time::Timestamp;

/// What is looked for.
pub(super) struct Certificate<'a> {
    /// The serial number's bytes, most significant first.
    serial: &'a [u8],
    /// With which kind of key its issuer signed it, as an object identifier.
    signature_kind: &'a [u8],
    /// Who vouches for it: a `Name`, with its tag.
    pub(super) issuer: &'a [u8],
    /// From when it is valid.
    pub(super) valid_from: Timestamp,
    /// Until when it is valid.
    pub(super) valid_until: Timestamp,
    /// Whom it is about: a `Name`, with its tag.
    pub(super) subject: &'a [u8],
    /// `SubjectPublicKeyInfo`, with its tag.
    pub(super) public_key: &'a [u8],
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `version`, which is there from the second version on.
const VERSION: u8 = 0xa0;

/// 1.2.840.113549.1.1, which every RSA algorithm's identifier begins with.
const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// 1.2.840.113549.1.1.1, rsaEncryption.
const RSA_KEY: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 2.5.4, which the identifiers of a name's parts begin with.
const NAME_PART: [u8; 2] = [0x55, 0x04];

/// Lengths of more bytes are no certificate's.
const LONGEST_LENGTH: usize = 3;

/// A value of DER.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
}

/// The certificates of a PEM text in DER, in their order; what stands between them is left out. `None` for a
/// text without any, or with one that is cut short or not base64.
pub(super) fn from_pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut blocks = text.split("-----BEGIN CERTIFICATE-----");
    let before_the_first = blocks.next()?;
    let whole = !before_the_first.contains("-----END CERTIFICATE-----");
    let read = |block: &str| {
        let (contents, _) = block.split_once("-----END CERTIFICATE-----")?;
        STANDARD.decode(contents.split_ascii_whitespace().collect::<String>()).ok()
    };
    let certificates = blocks.map(read).collect::<Option<Vec<_>>>()?;
    (whole && !certificates.is_empty()).then_some(certificates)
}

/// The certificate in `der`, and nothing after it.
pub(super) fn read(der: &[u8]) -> Option<Certificate<'_>> {
    let (certificate, _) = expect(der, SEQUENCE).filter(|(_, after)| after.is_empty())?;
    let (to_be_signed, _) = expect(certificate.contents, SEQUENCE)?;
    let rest = match next(to_be_signed.contents)? {
        (version, rest) if version.tag == VERSION => rest,
        _ => to_be_signed.contents,
    };
    let (serial, rest) = expect(rest, INTEGER)?;
    let (signature, rest) = expect(rest, SEQUENCE)?;
    let (signature_kind, _) = expect(signature.contents, OBJECT_IDENTIFIER)?;
    let (issuer, rest) = expect(rest, SEQUENCE)?;
    let (validity, rest) = expect(rest, SEQUENCE)?;
    let (valid_from, after) = next(validity.contents)?;
    let (valid_until, _) = next(after)?;
    let (subject, rest) = expect(rest, SEQUENCE)?;
    let (public_key, _) = expect(rest, SEQUENCE)?;
    Some(Certificate {
        // A byte of zeros before them keeps the number positive.
        serial: serial.contents.strip_prefix(&[0]).unwrap_or(serial.contents),
        signature_kind: signature_kind.contents,
        issuer: issuer.whole,
        valid_from: moment(&valid_from)?,
        valid_until: moment(&valid_until)?,
        subject: subject.whole,
        public_key: public_key.whole,
    })
}

impl<'a> Certificate<'a> {
    /// The serial number in upper-case hex.
    pub(super) fn serial_hex(&self) -> String {
        hex::encode_upper(self.serial)
    }

    /// The serial number in decimal digits.
    pub(super) fn serial_decimal(&self) -> String {
        // Least significant first.
        let mut digits = vec![0_u32];
        for byte in self.serial {
            let mut carry = u32::from(*byte);
            for digit in &mut digits {
                // Both far from the end of a u32: a digit, and a carry below 256.
                let number = digit.saturating_mul(256).saturating_add(carry);
                *digit = number % 10;
                carry = number / 10;
            }
            // What is carried beyond the last digit has three at most.
            for _ in 0..3 {
                if carry > 0 {
                    digits.push(carry % 10);
                    carry /= 10;
                }
            }
        }
        digits.iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
    }

    /// The issuer's name, its last part first: `CN=…,OU=…,O=…,C=…`. `None` for a name with parts that common
    /// libraries call differently.
    pub(super) fn issuer_text(&self) -> Option<String> {
        let (name, _) = expect(self.issuer, SEQUENCE)?;
        let mut parts = Vec::new();
        let mut rest = name.contents;
        while !rest.is_empty() {
            let (set, after) = expect(rest, SET)?;
            let (part, others) = expect(set.contents, SEQUENCE)?;
            let (kind, value) = expect(part.contents, OBJECT_IDENTIFIER)?;
            let label = match kind.contents.strip_prefix(&NAME_PART)? {
                [0x03] => "CN",
                [0x06] => "C",
                [0x07] => "L",
                [0x08] => "ST",
                [0x0a] => "O",
                [0x0b] => "OU",
                _ => return None,
            };
            let (value, _) = next(value)
                .filter(|(value, _)| matches!(value.tag, UTF8_STRING | PRINTABLE_STRING | IA5_STRING))?;
            parts.push(format!("{label}={}", std::str::from_utf8(value.contents).ok()?));
            rest = others.is_empty().then_some(after)?;
        }
        parts.reverse();
        Some(parts.join(","))
    }

    /// Whether its issuer signed it with an RSA key.
    pub(super) fn is_signed_with_rsa(&self) -> bool {
        self.signature_kind.starts_with(&RSA)
    }

    /// Modulus and exponent of its key in DER, one after the other; `None` unless it is an RSA key.
    pub(super) fn rsa_numbers(&self) -> Option<&'a [u8]> {
        let (info, _) = expect(self.public_key, SEQUENCE)?;
        let (algorithm, key) = expect(info.contents, SEQUENCE)?;
        expect(algorithm.contents, OBJECT_IDENTIFIER).filter(|(kind, _)| kind.contents == RSA_KEY)?;
        let (bits, _) = expect(key, BIT_STRING)?;
        // The first byte says that none of the last byte's bits is left over.
        let (numbers, _) = expect(bits.contents.strip_prefix(&[0])?, SEQUENCE)?;
        Some(numbers.contents)
    }
}

/// The moment of a `Time` (RFC 5280, section 4.1.2.5): always in UTC and with seconds; years of two digits are
/// those from 1950 to 2049.
fn moment(time: &Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(time.contents).ok()?;
    let text = match time.tag {
        GENERALIZED_TIME => text.to_owned(),
        UTC_TIME if text < "5" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => return None,
    };
    let at = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some(Timestamp::from_ms(at.and_utc().timestamp_millis()))
}

/// The next value, if it has this tag.
fn expect(input: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    next(input).filter(|(element, _)| element.tag == tag)
}

/// The first value in `input`, and what comes after it.
fn next(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=LONGEST_LENGTH).contains(&count))?;
        (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
    };
    let (contents, after) = rest.split_at_checked(length)?;
    let whole = input.get(..input.len().checked_sub(after.len())?)?;
    Some((Element { tag, contents, whole }, after))
}
