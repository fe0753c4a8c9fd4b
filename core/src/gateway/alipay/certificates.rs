//! How does Alipay call a certificate, and whose key is in it?
//!
//! In certificate mode both sides name the key they sign with by the number of its certificate: the MD5 of the
//! issuer's name and the decimal serial number, in lower-case hex. MD5 protects nothing here; the certificates
//! come from the configuration, and their numbers only tell them apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use crate::gateway::x509;

/// A certificate of a key, as Alipay names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What Alipay calls it: `app_cert_sn` or `alipay_cert_sn`.
    pub sn: String,
    /// The public key (DER, SubjectPublicKeyInfo).
    pub public_key: Vec<u8>,
    /// Modulus and exponent in DER.
    numbers: Vec<u8>,
}

impl Certificate {
    /// Whether it is about the key whose private half this is (DER, PKCS#8 or PKCS#1): both begin with the
    /// public numbers, written alike.
    #[must_use]
    pub fn is_of(&self, private_key: &[u8]) -> bool {
        private_key.windows(self.numbers.len()).any(|part| part == self.numbers)
    }
}

/// The certificates of RSA keys in `text`: PEM, or base64 of DER with commas between. Those that only vouch for
/// another one of them, as Alipay's downloads bring along, are left out. `None` when one is malformed, or of
/// another kind of key.
#[must_use]
pub fn certificates(text: &str) -> Option<Vec<Certificate>> {
    let all = in_der(text)?;
    let all = all.iter().map(|der| x509::read(der)).collect::<Option<Vec<_>>>()?;
    let only_vouches = |one: &x509::Certificate<'_>| {
        all.iter().any(|other| other.issuer == one.subject && other.subject != one.subject)
    };
    all.iter()
        .filter(|one| !only_vouches(one))
        .map(|one| {
            let numbers = one.rsa_numbers()?.to_vec();
            Some(Certificate { sn: sn(one)?, public_key: one.public_key.to_vec(), numbers })
        })
        .collect()
}

/// What Alipay calls the roots in `text`, which is written as for [`certificates`]: the numbers of those that
/// are signed with RSA, in their order. `None` when one is malformed, or none is signed with RSA.
#[must_use]
pub fn root_sn(text: &str) -> Option<String> {
    let all = in_der(text)?;
    let all = all.iter().map(|der| x509::read(der)).collect::<Option<Vec<_>>>()?;
    let numbers = all.iter().filter(|one| one.is_signed_with_rsa()).map(sn).collect::<Option<Vec<_>>>()?;
    (!numbers.is_empty()).then(|| numbers.join("_"))
}

/// MD5 of the issuer's name, its most specific part first, directly followed by the serial number.
fn sn(certificate: &x509::Certificate<'_>) -> Option<String> {
    let named = format!("{}{}", certificate.issuer_text()?, certificate.serial_decimal());
    Some(hex::encode(Md5::digest(named)))
}

fn in_der(text: &str) -> Option<Vec<Vec<u8>>> {
    if text.contains("-----") {
        return x509::from_pem(text);
    }
    text.split(',').map(|item| STANDARD.decode(item.trim()).ok()).collect()
}
