//! Where does work for later wait?

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use coursepay_edge::app::ports::{Queue, QueueError};

use crate::native::faults::{Faults, Port, Vanished};

/// A list that a test works off when it likes.
#[derive(Clone)]
pub struct List {
    messages: Rc<RefCell<VecDeque<String>>>,
    faults: Faults,
}

impl List {
    /// Nothing in it yet.
    pub fn new(faults: Faults) -> Self {
        Self { messages: Rc::default(), faults }
    }

    /// Takes the oldest message.
    pub fn take(&self) -> Option<String> {
        self.messages.borrow_mut().pop_front()
    }

    /// Forgets every message, as a queue may.
    pub fn lose_all(&self) {
        self.messages.borrow_mut().clear();
    }

    /// Has every message twice, as a queue may.
    pub fn repeat_all(&self) {
        let again = self.messages.borrow().clone();
        self.messages.borrow_mut().extend(again);
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.messages.borrow().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.messages.borrow().is_empty()
    }
}

impl Queue for List {
    async fn send(&self, message: String) -> Result<(), QueueError> {
        let lost = |Vanished| QueueError("the queue did not answer".to_owned());
        self.faults.before(Port::Queue).await.map_err(lost)?;
        self.messages.borrow_mut().push_back(message);
        self.faults.after(Port::Queue).await.map_err(lost)
    }
}
