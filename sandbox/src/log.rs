//! What happened lately? (calls received and callbacks sent; not kept on disk)

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::Gateway;

/// Enough to find yesterday's mistake by eye.
const LONGEST: usize = 200;

/// What is wrong with a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    /// The text that should have been signed.
    pub(crate) expected: String,
    /// The text that was signed, when one of the usual mistakes explains it.
    pub(crate) signed: Option<String>,
    /// The first byte at which the two differ.
    pub(crate) differs_at: Option<usize>,
    pub(crate) cause: Cause,
}

/// The usual reasons for which a signature does not fit; the pages put them into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `sign` is not base64.
    NotBase64,
    /// `sign` has blanks where it had `+`.
    PlusInSign,
    /// No signature of this application's key.
    OtherKey,
    /// The right key with SHA-1.
    Sha1,
    /// The body was not read as UTF-8.
    CharsetNotInQuery,
    SignTypeLeftOut,
    EmptyValuesSigned,
    NotSorted,
    EncodedBeforeSigning,
    PlusInValue,
    BizContentLeftOut,
    OnlyBizContent,
    LastNewlineMissing,
    BodyLineMissing,
    QueryLeftOut,
    WholeUrlSigned,
    LeadingSlashMissing,
    QueryEncodedOtherwise,
    MethodInLowerCase,
    MillisecondsSigned,
    TimestampAndNonceSwapped,
    /// `{}`, `null` or `undefined` where the body was empty.
    WordForEmptyBody,
    /// `\r\n`, or a backslash and an n.
    OtherLineEnds,
    /// The same JSON, other bytes.
    BodySerialisedAgain,
    PrepayIdWithoutName,
    SignedAsInVersion2,
    /// The right key and some other text.
    OtherText,
}

impl Cause {
    /// For programs: `plus_in_sign`.
    fn name(self) -> String {
        let mut name = String::new();
        for character in format!("{self:?}").chars() {
            if character.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        }
        name
    }
}

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The merchant called the gateway.
    Call,
    /// The gateway called the merchant back.
    Callback,
    /// The buyer pressed a button.
    Buyer,
}

/// One line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Business time.
    pub(crate) at_ms: i64,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) direction: Direction,
    /// The call's name, the callback's address, the button.
    pub(crate) what: String,
    /// The merchant's number, when it could be read.
    pub(crate) number: Option<String>,
    pub(crate) outcome: String,
    pub(crate) fine: bool,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Direction {
    /// For programs.
    fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Callback => "callback",
            Self::Buyer => "buyer",
        }
    }
}

impl Entry {
    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let diagnosis = self.diagnosis.as_ref().map(|diagnosis| {
            json!({
                "cause": diagnosis.cause.name(),
                "expected": diagnosis.expected,
                "signed": diagnosis.signed,
                "differs_at": diagnosis.differs_at,
            })
        });
        json!({
            "at_ms": self.at_ms,
            "gateway": self.gateway.map(Gateway::name),
            "direction": self.direction.name(),
            "what": self.what,
            "number": self.number,
            "outcome": self.outcome,
            "fine": self.fine,
            "diagnosis": diagnosis,
        })
    }
}

/// The last entries, newest first.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<Entry>,
}

impl RequestLog {
    pub(crate) fn add(&mut self, entry: Entry) {
        self.entries.truncate(LONGEST - 1);
        self.entries.push_front(entry);
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
