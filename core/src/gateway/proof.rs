//! When may a value from outside be acted on?

/// Which of the gateway's keys must have made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    /// Any that we trust.
    Any,
    /// The one with this id.
    Named(String),
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256, by the gateway's private key.
    Rsa,
    /// HMAC-SHA256, by a secret that we share with the gateway.
    Hmac,
}

/// A signature and what it is said to cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How.
    pub scheme: Scheme,
    /// By which key.
    pub key: KeyChoice,
    /// The signed bytes.
    pub message: Vec<u8>,
    /// The raw signature.
    pub signature: Vec<u8>,
}

/// What is said to prove a value.
#[derive(Clone, Debug)]
enum Proof {
    /// Any one of these signatures; nothing, if there are none.
    Claims(Vec<Claim>),
    /// It is the answer to our own request, over a connection whose other end has proved who it is, and the
    /// gateway signs no answers.
    Connection,
}

/// A value nobody may act on yet: it stands for what its proof proves.
#[derive(Clone, Debug)]
pub struct Unverified<T> {
    proof: Proof,
    value: T,
}

/// A value whose proof was checked. Only [`Unverified::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

/// Why a value did not become [`Verified`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyError<E> {
    /// No claim holds.
    BadSignature,
    /// The check itself failed.
    Check(E),
}

impl<T> Unverified<T> {
    /// `value`, proved by any one of `claims`; by none if there are none.
    pub const fn new(claims: Vec<Claim>, value: T) -> Self {
        Self { proof: Proof::Claims(claims), value }
    }

    /// `value`, proved by the connection it came over. For answers to our own requests alone, and only of
    /// gateways that sign none; or for a `value` that ends nothing, such as "no answer", with its code.
    pub(super) const fn by_connection(value: T) -> Self {
        Self { proof: Proof::Connection, value }
    }

    /// Whether there is anything to check at all.
    #[must_use]
    pub fn is_provable(&self) -> bool {
        match &self.proof {
            Proof::Claims(claims) => !claims.is_empty(),
            Proof::Connection => true,
        }
    }

    /// Another value in its place, proved by the same.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Unverified<U> {
        Unverified { proof: self.proof, value: change(self.value) }
    }

    /// Asks `check` about each claim until one holds.
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`] when none holds, or the error of `check`.
    pub async fn verify<E>(
        self,
        check: impl AsyncFn(&Claim) -> Result<bool, E>,
    ) -> Result<Verified<T>, VerifyError<E>> {
        match self.proof {
            Proof::Connection => return Ok(Verified(self.value)),
            Proof::Claims(claims) => {
                for claim in &claims {
                    if check(claim).await.map_err(VerifyError::Check)? {
                        return Ok(Verified(self.value));
                    }
                }
            }
        }
        Err(VerifyError::BadSignature)
    }
}

impl<T> Verified<T> {
    /// The value.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// The value, by itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}
