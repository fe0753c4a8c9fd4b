//! How is a PKCS#1 private key read by something that only knows PKCS#8?
//!
//! Alipay's key tools write both, and WebCrypto imports PKCS#8 only. The second is an envelope around the first
//! (RFC 5208, RFC 8017 appendix A.1.2):
//!
//! ```text
//! PKCS#8  SEQUENCE { INTEGER 0, SEQUENCE { OID rsaEncryption, NULL }, OCTET STRING { PKCS#1 } }
//! PKCS#1  SEQUENCE { INTEGER 0, INTEGER modulus, … }
//! ```
//!
//! Nothing here judges a key: bytes that look like neither go through unchanged, for the importer to refuse.

use std::borrow::Cow;

/// `INTEGER 0`, the version of both structures.
const VERSION: [u8; 3] = [0x02, 0x01, 0x00];
/// `SEQUENCE { OID 1.2.840.113549.1.1.1 (rsaEncryption), NULL }`
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;

/// The RSA private key `der` as PKCS#8: itself, or wrapped when it is PKCS#1.
#[must_use]
pub fn private_key(der: &[u8]) -> Cow<'_, [u8]> {
    match wrapped(der) {
        Some(wrapped) if is_pkcs1(der) => Cow::Owned(wrapped),
        _ => Cow::Borrowed(der),
    }
}

fn wrapped(pkcs1: &[u8]) -> Option<Vec<u8>> {
    let key = element(OCTET_STRING, pkcs1)?;
    element(SEQUENCE, &[VERSION.as_slice(), &RSA_ENCRYPTION, &key].concat())
}

/// After the version PKCS#1 goes on with the modulus, PKCS#8 with the algorithm.
fn is_pkcs1(der: &[u8]) -> bool {
    let Some((&SEQUENCE, after_tag)) = der.split_first() else {
        return false;
    };
    let content = match after_tag.split_first() {
        Some((&length, content)) if length < 0x80 => Some(content),
        // The low bits count the bytes of the length that follow.
        Some((&length, rest)) => rest.get(usize::from(length & 0x7f)..),
        None => None,
    };
    let after_version = content.and_then(|content| content.strip_prefix(&VERSION));
    after_version.is_some_and(|rest| rest.first() == Some(&INTEGER))
}

/// A DER element: tag, length in the fewest bytes, content. None for 64 KiB and more, which no RSA key has.
fn element(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
    let header: &[u8] = match (high, low) {
        (0, 0..0x80) => &[tag, low],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    Some([header, content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PKCS#1 in outline: a version, a modulus of `modulus_bytes`, no more.
    fn pkcs1(modulus_bytes: usize) -> Vec<u8> {
        let modulus = element(INTEGER, &vec![0x5a; modulus_bytes]).unwrap();
        element(SEQUENCE, &[VERSION.as_slice(), &modulus].concat()).unwrap()
    }

    #[test]
    fn a_pkcs1_key_is_wrapped_as_openssl_wraps_it() {
        // A 2048-bit key mostly takes 1191 bytes. Its envelope:
        // openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt -outform DER | head -c 26 | xxd -p
        let key = pkcs1(1180);
        assert_eq!(key.len(), 0x04a7);
        let wrapped = private_key(&key);
        let (envelope, content) = wrapped.split_at(26);
        assert_eq!(hex::encode(envelope), "308204bd020100300d06092a864886f70d0101010500048204a7");
        assert_eq!(content, key);
    }

    #[test]
    fn a_key_of_any_length_is_wrapped() {
        for modulus_bytes in [20, 127, 128, 200, 256, 1180, 60_000] {
            let key = pkcs1(modulus_bytes);
            let wrapped = private_key(&key);
            assert!(wrapped.ends_with(&key) && wrapped.len() > key.len(), "{modulus_bytes} bytes");
        }
    }

    #[test]
    fn a_pkcs8_key_stays_as_it_is() {
        for modulus_bytes in [20, 100, 200, 1180] {
            let wrapped = private_key(&pkcs1(modulus_bytes)).into_owned();
            assert!(matches!(private_key(&wrapped), Cow::Borrowed(same) if same == wrapped));
        }
    }

    #[test]
    fn what_is_no_key_goes_through_unchanged() {
        let cases: [&[u8]; 7] =
            [b"", b"\x30", b"\x30\x84", b"\x30\xff\x02\x01", b"\x30\x03\x02\x01\x00", b"PEM", &[0xff; 40]];
        for bytes in cases {
            assert_eq!(private_key(bytes), bytes);
        }
    }
}
