//! What does a gateway's own account of a day say, in words that are the same for all of them?
//!
//! A statement is money's second witness: it is read to be held against our books, and never to make an entry. So
//! it is read whole or not at all: a file that was cut off, a column that is not there, or sums that are not those
//! of its lines make it none.

use std::collections::BTreeMap;

use crate::currency::Currency;
use crate::money::Money;
use crate::time::Timestamp;

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// What happened.
    pub kind: LineKind,
    /// Our number of the payment, where the statement has it.
    pub merchant_no: Option<String>,
    /// The gateway's number of the payment.
    pub gateway_no: String,
    /// How much, without the fee.
    pub amount: Money,
    /// What the gateway keeps of it, in minor units; below zero where it gives a fee back.
    pub fee_minor: i64,
    /// When.
    pub at: Timestamp,
}

/// What a line of a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Money came.
    Payment,
    /// Money went back.
    Refund {
        /// Our number of it, where the statement has it.
        refund_no: Option<String>,
    },
    /// Something else moved the balance, by this name.
    Other(String),
}

/// Why a statement is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct StatementFault {
    /// Which line of the file, from 1; 0 for all of it.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl StatementFault {
    pub(super) fn at(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// A row by the titles of its columns, with what ends a cell taken away.
pub(super) struct Row<'a> {
    line: usize,
    cells: BTreeMap<&'a str, &'a str>,
}

impl<'a> Row<'a> {
    /// The cells under their titles.
    pub(super) fn new(line: usize, titles: &[&'a str], cells: &[&'a str]) -> Result<Self, StatementFault> {
        if titles.len() != cells.len() {
            let what = format!("expected {} cells, got {}", titles.len(), cells.len());
            return Err(StatementFault::at(line, what));
        }
        Ok(Self { line, cells: titles.iter().copied().zip(cells.iter().map(|cell| cell.trim())).collect() })
    }

    pub(super) fn fault(&self, what: impl Into<String>) -> StatementFault {
        StatementFault::at(self.line, what)
    }

    /// What stands under a title, be it nothing.
    pub(super) fn cell(&self, title: &str) -> Result<&'a str, StatementFault> {
        self.cells.get(title).copied().ok_or_else(|| self.fault(format!("there is no column {title}")))
    }

    /// What stands under a title, which is something.
    pub(super) fn text(&self, title: &str) -> Result<String, StatementFault> {
        match self.cell(title)? {
            "" => Err(self.fault(format!("{title} is empty"))),
            text => Ok(text.to_owned()),
        }
    }

    /// An amount of renminbi, with its sign apart: whether it is below zero.
    pub(super) fn yuan(&self, title: &str) -> Result<(Money, bool), StatementFault> {
        let text = self.cell(title)?;
        let (digits, is_negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
        let amount = Money::from_major_text(digits, Currency::Cny)
            .map_err(|_| self.fault(format!("{title} is no amount: {text}")))?;
        Ok((amount, is_negative && !amount.is_zero()))
    }

    /// The same as one number, in fen.
    pub(super) fn fen(&self, title: &str) -> Result<i64, StatementFault> {
        let (amount, is_negative) = self.yuan(title)?;
        Ok(if is_negative { amount.minor().saturating_neg() } else { amount.minor() })
    }
}
