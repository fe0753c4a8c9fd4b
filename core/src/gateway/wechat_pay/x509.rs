//! Where in a certificate is its public key? (X.509, RFC 5280, as far as the way there)
//!
//! Written by hand: two fields of one structure are wanted, and a reader of all of X.509 would be the
//! largest dependency of this crate. What is read was authenticated before; nothing here decides whom to
//! trust.

/// What is looked for.
pub(super) struct Certificate<'a> {
    /// In upper-case hex, without the byte that keeps it positive.
    pub(super) serial_no: String,
    /// `SubjectPublicKeyInfo`, with its tag.
    pub(super) public_key: &'a [u8],
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
/// `version`, which is there from the second version on.
const VERSION: u8 = 0xa0;

/// Lengths of more bytes are no certificate's.
const LONGEST_LENGTH: usize = 3;

/// A value of DER.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
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
    // signature, issuer, validity, subject
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (public_key, _) = expect(rest, SEQUENCE)?;
    let positive = serial.contents.strip_prefix(&[0]).unwrap_or(serial.contents);
    Some(Certificate { serial_no: hex::encode_upper(positive), public_key: public_key.whole })
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
