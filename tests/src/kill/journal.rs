//! What has been acknowledged, and is it kept?

use std::cell::{Cell, RefCell};

use coursepay_core::api::{OrderStatus, OrderView, RefundView};
use coursepay_edge::app::ports::Param;
use http::StatusCode;

use super::client::Who;
use super::{Scene, number, text};
use crate::message::{Answer, Ask};
use crate::native::sqlite::Sqlite;

/// Something that an answer has said.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// A learner's wallet was credited, once.
    Credited { user: String },
    /// An order was made.
    Ordered { order: String, learner: String },
    /// A payment was started.
    Begun { attempt: String },
    /// An order was said to be paid.
    Paid { order: String, learner: String },
    /// Money is to go back.
    Refunded { refund: String, amount_minor: i64 },
}

/// A request with its answer.
struct Heard {
    who: Who,
    ask: Ask,
    status: StatusCode,
    text: String,
}

/// All words, and all answers.
#[derive(Default)]
pub(super) struct Journal {
    words: RefCell<Vec<Word>>,
    heard: RefCell<Vec<Heard>>,
    /// How many words and answers are older than this life.
    old: Cell<(usize, usize)>,
}

impl Journal {
    pub(super) fn notes(&self, word: Word) {
        self.words.borrow_mut().push(word);
    }

    pub(super) fn has_heard(&self, who: Who, ask: Ask, answer: &Answer) {
        self.heard.borrow_mut().push(Heard { who, ask, status: answer.status(), text: answer.text() });
    }

    pub(super) fn len(&self) -> usize {
        self.words.borrow().len()
    }

    /// How many words of each kind were given.
    pub(super) fn tally(&self) -> String {
        let mut counts = [("credits", 0), ("orders", 0), ("payments", 0), ("paid", 0), ("refunds", 0)];
        for word in self.words.borrow().iter() {
            let kind = match word {
                Word::Credited { .. } => 0,
                Word::Ordered { .. } => 1,
                Word::Begun { .. } => 2,
                Word::Paid { .. } => 3,
                Word::Refunded { .. } => 4,
            };
            counts[kind].1 += 1;
        }
        counts.map(|(name, count)| format!("{count} {name}")).join(", ")
    }

    /// Every word that was ever given is in the rows.
    pub(super) fn is_kept_in(&self, left: &Sqlite) {
        for word in self.words.borrow().iter() {
            word.is_kept_in(left);
        }
    }

    /// The Worker still says what it has said since this was asked last: of each thing, and in answer to the same
    /// request.
    pub(super) async fn is_still_said(&self, scene: &Scene<'_>) {
        let (words, heard) = self.old.replace((self.words.borrow().len(), self.heard.borrow().len()));
        let fresh: Vec<Word> = self.words.borrow()[words..].to_vec();
        for word in fresh {
            word.is_still_said(scene).await;
        }
        let fresh: Vec<(Who, Ask, StatusCode, String)> = self.heard.borrow()[heard..]
            .iter()
            .map(|heard| (heard.who.clone(), heard.ask.clone(), heard.status, heard.text.clone()))
            .collect();
        for (who, ask, status, text) in fresh {
            let again = scene.asks(&who, ask).await;
            assert_eq!((again.status(), again.text()), (status, text), "an answer is given again");
        }
    }
}

impl Word {
    fn is_kept_in(&self, left: &Sqlite) {
        let one = |sql: &str, param: &str| {
            let rows = left.rows(sql, &[Param::from(param)]);
            assert_eq!(rows.len(), 1, "{self:?} was acknowledged and is lost, or there twice: {rows:?}");
            rows.into_iter().next().expect("one row")
        };
        match self {
            Self::Credited { user } => {
                one("SELECT id FROM wallet_credits WHERE user_id = ?1", user);
            }
            Self::Ordered { order, .. } => {
                one("SELECT id FROM orders WHERE id = ?1", order);
            }
            Self::Begun { attempt } => {
                one("SELECT id FROM attempts WHERE id = ?1", attempt);
            }
            Self::Paid { order, .. } => {
                let kept = one("SELECT status FROM orders WHERE id = ?1", order);
                assert_eq!(text(&kept, "status"), "paid", "{self:?}");
                one("SELECT id FROM ledger_entries WHERE kind = 'sale' AND order_id = ?1", order);
            }
            Self::Refunded { refund, amount_minor } => {
                let kept = one("SELECT amount_minor, status FROM refunds WHERE id = ?1", refund);
                assert_eq!(number(&kept, "amount_minor"), *amount_minor, "{self:?}");
                assert_ne!(text(&kept, "status"), "failed", "{self:?}");
            }
        }
    }

    async fn is_still_said(&self, scene: &Scene<'_>) {
        match self {
            // What a wallet holds changes with what it pays; its rows are asked for.
            Self::Credited { .. } | Self::Begun { .. } => {}
            Self::Ordered { order, learner } | Self::Paid { order, learner } => {
                let ask = Ask::get(format!("/v1/orders/{order}"));
                let seen: OrderView = scene.asks(&Who::Learner(learner.clone()), ask).await.read(200);
                let is_paid = matches!(self, Self::Paid { .. });
                assert!(!is_paid || seen.status == OrderStatus::Paid, "{self:?} is {:?} now", seen.status);
            }
            Self::Refunded { refund, amount_minor } => {
                let ask = Ask::get(format!("/v1/refunds/{refund}"));
                let seen: RefundView = scene.asks(&Who::Platform, ask).await.read(200);
                assert_eq!(seen.amount_minor, *amount_minor);
            }
        }
    }
}
