//! What went wrong, and does it help to ask again?

use coursepay_core::api::FailureReason;

/// Why a try to pay failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The gateway or the learner declined.
    Declined,
    /// The attempt was closed, here or at the gateway.
    Closed,
    /// It was not paid, and the server knows why.
    Payment(FailureReason),
    /// The server refused or did not answer.
    Server(Failure),
}

impl Reason {
    /// How the attempt ended: `otherwise`, where the server does not say why.
    #[must_use]
    pub fn of(failure: Option<FailureReason>, otherwise: Self) -> Self {
        failure.map_or(otherwise, Self::Payment)
    }
}

/// Why a question to the server went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer: no network, or too slow.
    Unreachable,
    /// An answer nobody understands.
    Unreadable,
    /// The page's own `token-url` or `token` function failed.
    NoToken,
    /// The server said no.
    Refused {
        /// HTTP status.
        status: u16,
        /// The stable code of the problem.
        code: String,
    },
}

impl Failure {
    /// The stable name of the failure, for events and support.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unreadable => "unreadable_answer",
            Self::NoToken => "no_token",
            Self::Refused { code, .. } => code,
        }
    }

    /// Whether the same question may well be answered a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable | Self::NoToken => true,
            Self::Unreadable => false,
            // Said by a server that works: the same question gets the same answer.
            Self::Refused { code, .. } if ["gateway_off", "gateway_refused"].contains(&code.as_str()) => {
                false
            }
            Self::Refused { status, code } => {
                *status >= 500 || *status == 429 || code == "idempotency_in_progress"
            }
        }
    }

    /// Whether the server refused with this code.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether the server refused with this status.
    #[must_use]
    pub fn has_status(&self, wanted: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == wanted)
    }
}
