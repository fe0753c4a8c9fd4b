//! How does WeChat Pay write down what it has sealed? (the key is the caller's: this is the envelope alone)

use serde::Deserialize;

use crate::gateway::Fault;
use crate::gateway::wechat_pay::sign;

/// The only cipher there is so far.
const CIPHER: &str = "AEAD_AES_256_GCM";

/// The tag at the end of every ciphertext.
const TAG_BYTES: usize = 16;

/// Something encrypted, as WeChat writes it.
#[derive(Deserialize)]
pub(super) struct Resource {
    algorithm: String,
    nonce: String,
    associated_data: Option<String>,
    ciphertext: String,
}

/// The parts of a [`Resource`].
pub(super) struct Parts {
    pub(super) nonce: [u8; 12],
    pub(super) aad: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
}

impl Resource {
    /// Its bytes.
    pub(super) fn unpacked(self) -> Result<Parts, Fault> {
        if self.algorithm != CIPHER {
            return Err(Fault::Malformed("the resource is sealed with another cipher"));
        }
        let nonce =
            self.nonce.into_bytes().try_into().map_err(|_| Fault::Malformed("the nonce has not 12 bytes"))?;
        let ciphertext = sign::from_base64(&self.ciphertext)
            .filter(|bytes| bytes.len() > TAG_BYTES)
            .ok_or(Fault::Malformed("the ciphertext is not base64, or only a tag"))?;
        // Absent is empty.
        Ok(Parts { nonce, aad: self.associated_data.unwrap_or_default().into_bytes(), ciphertext })
    }
}
