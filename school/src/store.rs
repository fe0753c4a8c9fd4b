//! What has been bought, and what may each learner open?
//!
//! One JSON file, replaced as a whole: written beside the old one, flushed to the disk, renamed over it. A
//! crash leaves either the old state or the new one. Nothing counts before it is in the file, as the answer
//! to a webhook promises that we will not need it again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::event::{Event, Line, Order, Payment};

const FILE_NAME: &str = "school.json";
const FORMAT: u32 = 1;

/// How many deliveries are remembered to be looked at.
const LOG_LENGTH: usize = 50;

/// Message ids are forgotten after this, long after any sender has given up. The order's own id goes on
/// keeping a repeat without effect.
const MESSAGE_IDS_KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// A paid order, as it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Coursepay's id of the order.
    pub order: String,
    /// Who bought it; `None` for a guest, who can be served by the order's id.
    pub user: Option<String>,
    /// What was bought.
    pub lines: Vec<Line>,
    /// ISO 4217.
    pub currency: String,
    /// What was paid, in the currency's smallest unit.
    pub total_minor: i64,
    /// When Coursepay received the money.
    pub paid_at_ms: i64,
    /// How it was paid.
    pub payment: Payment,
    /// The order's history at that time, for a later comparison: how many events, and their hash.
    pub sequence: i64,
    /// See `sequence`.
    pub head_hash: String,
}

impl From<Order> for Purchase {
    fn from(order: Order) -> Self {
        Self {
            order: order.id,
            user: order.user,
            lines: order.lines,
            currency: order.currency,
            total_minor: order.total_minor,
            paid_at_ms: order.paid_at_ms,
            payment: order.payment,
            sequence: order.sequence,
            head_hash: order.head_hash,
        }
    }
}

/// One webhook that arrived, good or bad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// `webhook-id`, if it could be believed.
    pub id: Option<String>,
    /// The event's type, if it could be believed.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether Coursepay had signed it.
    pub verified: bool,
    /// The order it was about.
    pub order: Option<String>,
    /// When it arrived here.
    pub received_at_ms: i64,
}

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is not what this version writes. It is left as it is.
    #[error("{path} is not a state file of this school: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The file's content.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    format: u32,
    /// By order id.
    purchases: BTreeMap<String, Purchase>,
    /// What each order opens no longer, by order id. Kept apart, because the refund of an order may be heard
    /// of before the order itself.
    #[serde(default)]
    closed: BTreeMap<String, BTreeSet<String>>,
    /// When each message id was handled.
    messages: BTreeMap<String, i64>,
    /// Verified deliveries, the newest last.
    deliveries: VecDeque<Delivery>,
}

impl State {
    fn opens(&self, purchase: &Purchase, course: &str) -> bool {
        let is_closed = self.closed.get(&purchase.order).is_some_and(|closed| closed.contains(course));
        !is_closed && purchase.lines.iter().any(|line| line.product == course)
    }
}

struct Inner {
    state: State,
    /// Refused deliveries, the newest last. In memory only: a stranger shall not make us write to the disk,
    /// nor push a genuine delivery out of the file.
    refused: VecDeque<Delivery>,
}

/// The school's memory. Calls block for a disk write at most.
pub struct Store {
    path: PathBuf,
    inner: Mutex<Inner>,
}

impl Store {
    /// Opens the state in `folder`, which is made if it does not exist.
    ///
    /// # Errors
    /// The folder or the file cannot be used; nothing has been changed then.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|source| StoreError::Io { path: folder.to_owned(), source })?;
        let path = folder.join(FILE_NAME);
        let state = match fs::read(&path) {
            Ok(bytes) => parse_state(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State {
                format: FORMAT,
                purchases: BTreeMap::new(),
                closed: BTreeMap::new(),
                messages: BTreeMap::new(),
                deliveries: VecDeque::new(),
            },
            Err(source) => return Err(StoreError::Io { path, source }),
        };
        Ok(Self { path, inner: Mutex::new(Inner { state, refused: VecDeque::new() }) })
    }

    /// Takes a verified delivery into the books, once per message and once per order. When this returns, it
    /// is on the disk.
    ///
    /// # Errors
    /// It could not be written; nothing has changed then, and the sender should try again.
    pub(crate) fn record_verified(
        &self,
        message_id: &str,
        kind: &str,
        event: Event,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut inner = self.lock();
        let mut state = inner.state.clone();
        push_capped(
            &mut state.deliveries,
            Delivery {
                id: Some(message_id.to_owned()),
                kind: Some(kind.to_owned()),
                verified: true,
                order: event.order().map(str::to_owned),
                received_at_ms: now_ms,
            },
        );
        if !state.messages.contains_key(message_id) {
            state
                .messages
                .retain(|_, handled_at_ms| now_ms.saturating_sub(*handled_at_ms) < MESSAGE_IDS_KEPT_MS);
            state.messages.insert(message_id.to_owned(), now_ms);
            match event {
                Event::OrderPaid(order) => {
                    state.purchases.entry(order.id.clone()).or_insert_with(|| Purchase::from(*order));
                }
                Event::RefundSucceeded(refunded) => {
                    state.closed.entry(refunded.order).or_default().extend(refunded.revoked);
                }
                Event::Other => {}
            }
        }
        self.write(&state)?;
        inner.state = state;
        Ok(())
    }

    /// Remembers for a while that something arrived that was not verified or not understood.
    pub fn note_refused(&self, delivery: Delivery) {
        push_capped(&mut self.lock().refused, delivery);
    }

    /// Whether `user` has paid for `course`, and has not got the money back.
    #[must_use]
    pub fn is_unlocked(&self, user: &str, course: &str) -> bool {
        let state = &self.lock().state;
        state
            .purchases
            .values()
            .any(|purchase| purchase.user.as_deref() == Some(user) && state.opens(purchase, course))
    }

    /// Whether a guest has paid for `course` with this order, and has not got the money back.
    #[must_use]
    pub fn is_paid_by_guest(&self, order: &str, course: &str) -> bool {
        let state = &self.lock().state;
        let purchase = state.purchases.get(order);
        purchase.is_some_and(|purchase| purchase.user.is_none() && state.opens(purchase, course))
    }

    /// What `user` has bought, the newest first.
    #[must_use]
    pub fn purchases_of(&self, user: &str) -> Vec<Purchase> {
        let mut purchases: Vec<Purchase> = self
            .lock()
            .state
            .purchases
            .values()
            .filter(|purchase| purchase.user.as_deref() == Some(user))
            .cloned()
            .collect();
        purchases.sort_by(|a, b| (b.paid_at_ms, &b.order).cmp(&(a.paid_at_ms, &a.order)));
        purchases
    }

    /// The last deliveries, good and bad, the newest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let inner = self.lock();
        let mut all: Vec<Delivery> =
            inner.refused.iter().rev().chain(inner.state.deliveries.iter().rev()).cloned().collect();
        all.sort_by_key(|delivery| std::cmp::Reverse(delivery.received_at_ms));
        all.truncate(LOG_LENGTH);
        all
    }

    fn write(&self, state: &State) -> Result<(), StoreError> {
        let new = self.path.with_extension("json.new");
        let write = || -> io::Result<()> {
            let bytes = serde_json::to_vec_pretty(state)?;
            let mut file = File::create(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            // The rename itself is on the disk only when the folder is.
            if let Some(folder) = self.path.parent() {
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        };
        write().map_err(|source| StoreError::Io { path: self.path.clone(), source })
    }

    /// A thread that panicked cannot have left half a change: a new state is put in place whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse_state(path: &Path, bytes: &[u8]) -> Result<State, StoreError> {
    let malformed = |reason: String| StoreError::Malformed { path: path.to_owned(), reason };
    let state: State = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    if state.format == FORMAT {
        Ok(state)
    } else {
        Err(malformed(format!("format {FORMAT} expected, got {}", state.format)))
    }
}

fn push_capped(log: &mut VecDeque<Delivery>, delivery: Delivery) {
    if log.len() >= LOG_LENGTH {
        log.pop_front();
    }
    log.push_back(delivery);
}
