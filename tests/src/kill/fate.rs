//! When is the Worker killed, and who waits until it lives again?

use std::cell::Cell;

use tokio::sync::watch;

use crate::workerd::Workerd;

/// Counts what happens, and kills the Worker when it is time.
pub(super) struct Fate<'a> {
    worker: &'a Workerd,
    /// How many events are left of this life; none: it is not to end.
    left: Cell<Option<u64>>,
    lives: watch::Sender<bool>,
    is_last: Cell<bool>,
    cut_short: Cell<usize>,
}

impl<'a> Fate<'a> {
    /// Of a Worker that nobody may ask yet.
    pub(super) fn of(worker: &'a Workerd) -> Self {
        let (left, is_last, cut_short) = (Cell::new(None), Cell::new(false), Cell::new(0));
        Self { worker, left, lives: watch::Sender::new(false), is_last, cut_short }
    }

    /// A request leaves, or an answer has come. Kills at once when that was the last event of this life.
    pub(super) fn event(&self) {
        let left = self.left.get().map(|left| left.saturating_sub(1));
        self.left.set(left);
        if left == Some(0) {
            self.left.set(None);
            // First, so that nobody takes what follows for a fault of the Worker's.
            self.lives.send_replace(false);
            self.worker.kill();
        }
    }

    /// Lets everybody ask, and waits for the end after so many events.
    pub(super) async fn lets_live(&self, events: u64) {
        self.left.set(Some(events));
        self.lives.send_replace(true);
        self.awaits(false).await;
    }

    /// Lets everybody end what they have begun.
    pub(super) fn lets_live_on(&self) {
        self.is_last.set(true);
        self.lives.send_replace(true);
    }

    /// Whether nobody should begin anything more.
    pub(super) fn is_last(&self) -> bool {
        self.is_last.get()
    }

    /// Waits until the Worker lives.
    pub(super) async fn living(&self) {
        self.awaits(true).await;
    }

    /// Counts a request without an answer, where it died with the Worker.
    pub(super) fn is_unanswered(&self) {
        let is_dead = !*self.lives.borrow();
        self.cut_short.set(self.cut_short.get() + usize::from(is_dead));
    }

    /// How many requests died.
    pub(super) fn cut_short(&self) -> usize {
        self.cut_short.get()
    }

    async fn awaits(&self, lives: bool) {
        let mut seen = self.lives.subscribe();
        seen.wait_for(|now| *now == lives).await.expect("the sender is ours");
    }
}
