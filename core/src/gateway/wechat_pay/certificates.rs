//! How do we come by WeChat's certificates, and by the keys in them?
//!
//! Merchants that have no `PUB_KEY_ID_…` verify by certificates that WeChat hands out sealed and replaces
//! before they end. The first answer cannot be verified by a key we know: that a certificate opens under the
//! APIv3 key, which nobody else has, is what proves it. The answer's own signature is checked with the keys
//! known by then, those just opened among them.

use serde::Deserialize;

use crate::gateway::wechat_pay::call::{self, Call, Outcome};
use crate::gateway::wechat_pay::seal::{Parts, Resource};
use crate::gateway::wechat_pay::{WechatPay, parse_rfc3339};
use crate::gateway::{Fault, Message, Moment, Unsigned, Unverified, x509};
use crate::time::Timestamp;

/// What WeChat answers to the question for its certificates.
pub struct Certificates {
    /// Sealed with AES-256-GCM under the APIv3 key. None where the merchant has a public key instead: then
    /// those already known stay in use until they end.
    pub sealed: Vec<SealedCertificate>,
    /// What proves that WeChat wrote the answer now: to be verified with the keys known and those in it.
    pub proof: Unverified<()>,
}

/// A certificate, sealed for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCertificate {
    /// What signatures call it by, in `Wechatpay-Serial`.
    pub serial_no: String,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// Until when it is valid.
    pub valid_until: Timestamp,
    /// Twelve bytes.
    pub nonce: [u8; 12],
    /// Covered by the tag.
    pub aad: Vec<u8>,
    /// With its tag of 16 bytes at the end.
    pub ciphertext: Vec<u8>,
}

/// A key of WeChat's, out of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformCertificate {
    /// The key's id, in `Wechatpay-Serial`.
    pub serial_no: String,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// Until when it is valid.
    pub valid_until: Timestamp,
    /// The public key (DER, SubjectPublicKeyInfo).
    pub public_key: Vec<u8>,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    serial_no: String,
    effective_time: String,
    expire_time: String,
    encrypt_certificate: Resource,
}

impl WechatPay {
    /// The question for WeChat's certificates, before it is signed.
    ///
    /// # Errors
    /// [`Fault::Unsupported`] for a nonce WeChat does not take.
    pub fn prepare_certificates(&self, moment: &Moment) -> Result<Unsigned, Fault> {
        Call::get("/v3/certificates".to_owned()).prepare(self, moment)
    }

    /// Reads the answer to it.
    ///
    /// # Errors
    /// [`Fault`] when it holds no certificates.
    pub fn read_certificates(&self, answer: Message<'_>, now: Timestamp) -> Result<Certificates, Fault> {
        let reply = call::read(answer, now)?;
        let sealed = match &reply.outcome {
            Outcome::Done(body) => {
                let Body { data } = serde_json::from_slice(body)
                    .map_err(|_| Fault::Malformed("the answer is not a list of certificates"))?;
                data.into_iter().map(Entry::sealed).collect::<Result<_, _>>()?
            }
            // A merchant with a public key has none.
            Outcome::Error(error) if error.code == "RESOURCE_NOT_EXISTS" => Vec::new(),
            Outcome::Error(error) => return Err(error.fault()),
            Outcome::Empty => return Err(Fault::Malformed("the status is not one of this call's")),
        };
        Ok(Certificates { sealed, proof: reply.into_proof() })
    }
}

impl Entry {
    fn sealed(self) -> Result<SealedCertificate, Fault> {
        let moment = |text: &str| parse_rfc3339(text).ok_or(Fault::Malformed("a certificate's time is none"));
        let (valid_from, valid_until) = (moment(&self.effective_time)?, moment(&self.expire_time)?);
        let Parts { nonce, aad, ciphertext } = self.encrypt_certificate.unpacked()?;
        Ok(SealedCertificate { serial_no: self.serial_no, valid_from, valid_until, nonce, aad, ciphertext })
    }
}

impl SealedCertificate {
    /// Reads the `plain` bytes it was opened to. It is valid while both the list and the certificate itself say
    /// so: WeChat brings the list's date forward before it replaces a certificate, and a list that was made up
    /// could not prolong what is sealed.
    ///
    /// # Errors
    /// [`Fault::Malformed`] when they are not the certificate of this serial number.
    pub fn read(&self, plain: &[u8]) -> Result<PlatformCertificate, Fault> {
        let pem = std::str::from_utf8(plain).ok().and_then(x509::from_pem).unwrap_or_default();
        let der = pem.first().ok_or(Fault::Malformed("not a certificate in PEM"))?;
        let read = x509::read(der).ok_or(Fault::Malformed("not a certificate in DER"))?;
        // Some libraries write the number without its leading zeros.
        let same = |text: &str| text.trim_start_matches('0').to_ascii_uppercase();
        if same(&read.serial_hex()) != same(&self.serial_no) {
            return Err(Fault::Malformed("the certificate has another serial number"));
        }
        Ok(PlatformCertificate {
            serial_no: self.serial_no.clone(),
            valid_from: self.valid_from.max(read.valid_from),
            valid_until: self.valid_until.min(read.valid_until),
            public_key: read.public_key.to_vec(),
        })
    }
}
