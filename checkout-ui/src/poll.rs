//! When do we ask again, and when do we stop?
//!
//! The next question is asked a pause after the last answer, so a slow network is never flooded. Nothing is
//! asked while nobody looks; whoever looks again is answered at once. Dropping the poller stops it.

use gloo_timers::callback::Timeout;
use yew::Callback;

use crate::browser::is_visible;
use crate::pace::poll_delay_ms;
use crate::state::Watch;

/// Asks from time to time, as long as there is something to watch.
pub(crate) struct Poller {
    due: Callback<()>,
    watch: Option<Watch>,
    count: u32,
    timer: Option<Timeout>,
}

impl Poller {
    /// A poller at rest, that will call `due` when it is time to ask.
    pub(crate) const fn new(due: Callback<()>) -> Self {
        Self { due, watch: None, count: 0, timer: None }
    }

    /// Watches, in another way, or not at all. Watching on in the same way changes nothing.
    pub(crate) fn set(&mut self, watch: Option<Watch>) {
        if self.watch != watch {
            self.watch = watch;
            self.count = 0;
            self.schedule();
        }
    }

    /// An answer has come: asks again after the next pause.
    pub(crate) fn answered(&mut self) {
        self.count = self.count.saturating_add(1);
        self.schedule();
    }

    /// Somebody looks at the page: asks now, and quickly again for a while.
    pub(crate) fn wake(&mut self) {
        if self.watch.is_some() {
            self.count = 0;
            self.schedule();
            self.due.emit(());
        }
    }

    fn schedule(&mut self) {
        let due = self.due.clone();
        self.timer = self.watch.map(|watch| {
            Timeout::new(poll_delay_ms(watch, self.count), move || {
                // A page that nobody looks at is woken when somebody does.
                if is_visible() {
                    due.emit(());
                }
            })
        });
    }
}
