//! What is the world that the app runs in natively? (all its ports together)

use std::cell::RefCell;
use std::rc::Rc;

use coursepay_core::time::Timestamp;
use coursepay_edge::app::ports;

use crate::native::clock::Clock;
use crate::native::crypto::NativeCrypto;
use crate::native::faults::{Faults, Port};
use crate::native::http::Network;
use crate::native::queue::List;
use crate::native::random::Seeded;
use crate::native::sqlite::Sqlite;

/// All ports, and what the app wrote to its log.
#[derive(Clone)]
pub struct World {
    /// The database.
    pub db: Sqlite,
    /// Sandbox and webhook endpoint.
    pub network: Network,
    /// Work for later.
    pub queue: List,
    /// The time.
    pub clock: Clock,
    /// What goes wrong.
    pub faults: Faults,
    crypto: NativeCrypto,
    random: Rc<RefCell<Seeded>>,
    log: Rc<RefCell<Vec<String>>>,
}

impl World {
    /// A fresh world: an empty, migrated database, `sandbox` as the gateways, an endpoint at `webhook_url`.
    /// All that is random follows from `seed`.
    pub fn new(sandbox: coursepay_sandbox::World, webhook_url: &str, seed: u64) -> Self {
        let (clock, faults) = (Clock::at_start(), Faults::none(seed));
        Self {
            db: Sqlite::migrated(faults.clone()),
            network: Network::new(sandbox, webhook_url, clock.clone(), faults.clone()),
            queue: List::new(faults.clone()),
            crypto: NativeCrypto::new(faults.clone()),
            random: Rc::new(RefCell::new(Seeded::new(!seed))),
            log: Rc::default(),
            clock,
            faults,
        }
    }

    /// What the app wrote to its log so far.
    pub fn log_lines(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

impl ports::World for World {
    type Db = Sqlite;
    type Http = Network;
    type Queue = List;
    type Crypto = NativeCrypto;

    fn db(&self) -> &Sqlite {
        &self.db
    }

    fn http(&self) -> &Network {
        &self.network
    }

    fn queue(&self) -> &List {
        &self.queue
    }

    fn crypto(&self) -> &NativeCrypto {
        &self.crypto
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.now_ms())
    }

    fn random(&self, bytes: &mut [u8]) {
        self.random.borrow_mut().fill(bytes);
    }

    async fn pause_ms(&self, _ms: u32) {
        // A pause has no answer to lose.
        let _ = self.faults.before(Port::Pause).await;
    }

    fn log(&self, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}
