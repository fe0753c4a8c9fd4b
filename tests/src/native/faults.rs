//! What can go wrong at a port, and when?
//!
//! Every call through a port passes here twice: before its effect and after it. A test plans one [`Fault`]
//! and counts it up, 1, 2, 3 …, until the work under test no longer meets it: then every place was tried.
//!
//! Each passage also lets other work go first, as often as the seed says, so that requests sent together
//! really run in between each other, and in the same way again from the same seed.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use crate::native::random::Seeded;

/// A way out of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// The database.
    Db,
    /// Requests to gateways and endpoints.
    Http,
    /// Messages to the queue.
    Queue,
    /// Signing, verifying, sealing, opening.
    Crypto,
    /// The moment before a lost race is run again.
    Pause,
}

/// Something that happens once, at the `nth` time (from 1) it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call never arrives.
    CallLost {
        /// Through which port.
        port: Port,
        /// At which of its calls.
        nth: u32,
    },
    /// The call takes effect; its answer never arrives.
    AnswerLost {
        /// Through which port.
        port: Port,
        /// At which of its calls.
        nth: u32,
    },
    /// Whoever is calling ends there, before the effect of a call or after it: through any port.
    Crash {
        /// At which passage; every call has two.
        nth: u32,
    },
}

/// A call or its answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanished;

/// The faults planned for one world.
#[derive(Clone)]
pub struct Faults(Rc<State>);

struct State {
    planned: Cell<Option<Fault>>,
    /// How often the planned fault could have happened so far.
    occasions: Cell<u32>,
    has_struck: Cell<bool>,
    has_crashed: Cell<bool>,
    random: RefCell<Seeded>,
}

impl Faults {
    /// Nothing planned; `seed` says how work that runs at once is interleaved.
    pub fn none(seed: u64) -> Self {
        Self(Rc::new(State {
            planned: Cell::new(None),
            occasions: Cell::new(0),
            has_struck: Cell::new(false),
            has_crashed: Cell::new(false),
            random: RefCell::new(Seeded::new(seed)),
        }))
    }

    /// Plans `fault`; counting starts now.
    pub fn plan(&self, fault: Fault) {
        self.0.planned.set(Some(fault));
        self.0.occasions.set(0);
        self.0.has_struck.set(false);
        self.0.has_crashed.set(false);
    }

    /// Ends the plan, and says whether the fault struck.
    pub fn lift(&self) -> bool {
        self.0.planned.set(None);
        self.0.has_crashed.set(false);
        self.0.has_struck.replace(false)
    }

    /// Does `work` until it is done, or until a planned [`Fault::Crash`] ends it: then its future is dropped
    /// where it stood, and there is no answer.
    pub async fn unless_crashed<F: Future>(&self, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.0.has_crashed.replace(false) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Passes before the effect of a call.
    ///
    /// # Errors
    /// [`Vanished`] when the call never arrives.
    pub async fn before(&self, port: Port) -> Result<(), Vanished> {
        self.pass(|planned| match planned {
            Fault::CallLost { port: of, nth } if of == port => Some(nth),
            Fault::Crash { nth } => Some(nth),
            Fault::CallLost { .. } | Fault::AnswerLost { .. } => None,
        })
        .await
    }

    /// Passes after the effect of a call.
    ///
    /// # Errors
    /// [`Vanished`] when its answer never arrives.
    pub async fn after(&self, port: Port) -> Result<(), Vanished> {
        self.pass(|planned| match planned {
            Fault::AnswerLost { port: of, nth } if of == port => Some(nth),
            Fault::Crash { nth } => Some(nth),
            Fault::CallLost { .. } | Fault::AnswerLost { .. } => None,
        })
        .await
    }

    async fn pass(&self, nth_of: impl Fn(Fault) -> Option<u32>) -> Result<(), Vanished> {
        let turns = self.0.random.borrow_mut().below(4);
        for _ in 0..turns {
            let_others_go_first().await;
        }
        let Some(nth) = self.0.planned.get().and_then(nth_of) else { return Ok(()) };
        let occasion = self.0.occasions.get() + 1;
        self.0.occasions.set(occasion);
        if occasion != nth {
            return Ok(());
        }
        self.0.has_struck.set(true);
        if matches!(self.0.planned.get(), Some(Fault::Crash { .. })) {
            self.0.has_crashed.set(true);
            std::future::pending::<()>().await;
        }
        Err(Vanished)
    }
}

/// Lets everything else that is ready go one step first.
pub async fn let_others_go_first() {
    let mut has_waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
