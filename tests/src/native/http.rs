//! Who answers the app's requests natively? (the sandbox, and the platform's webhook endpoint)

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use coursepay_edge::app::ports::{Http, HttpError};
use coursepay_sandbox::{Keys, Record};
use http::{Request, Response, StatusCode};

use crate::native::clock::Clock;
use crate::native::faults::{Faults, Port, Vanished};

/// What all that is random at the gateways follows from.
pub const SANDBOX_SEED: [u8; 32] = [9; 32];

/// Everybody the app can reach, in memory.
#[derive(Clone)]
pub struct Network {
    sandbox: Rc<RefCell<coursepay_sandbox::World>>,
    kept: Rc<RefCell<BTreeMap<String, Record>>>,
    stand_ins: Rc<RefCell<BTreeMap<String, Response<Bytes>>>>,
    asked: Rc<RefCell<Vec<Request<Bytes>>>>,
    endpoint: Rc<RefCell<Endpoint>>,
    clock: Clock,
    /// By how much the gateways' clocks are ahead of ours.
    skew_ms: Rc<Cell<i64>>,
    faults: Faults,
}

/// The platform's webhook endpoint: it notes what comes and answers what it is told to.
struct Endpoint {
    url: String,
    received: Vec<Request<Bytes>>,
    /// Answers in order; 204 once there is none left.
    answers: std::collections::VecDeque<StatusCode>,
}

impl Network {
    /// A sandbox, and an endpoint at `webhook_url`; both live by `clock`.
    pub fn new(sandbox: coursepay_sandbox::World, webhook_url: &str, clock: Clock, faults: Faults) -> Self {
        let endpoint = Endpoint {
            url: webhook_url.to_owned(),
            received: Vec::new(),
            answers: std::collections::VecDeque::new(),
        };
        Self {
            sandbox: Rc::new(RefCell::new(sandbox)),
            kept: Rc::default(),
            stand_ins: Rc::default(),
            asked: Rc::default(),
            endpoint: Rc::new(RefCell::new(endpoint)),
            clock,
            skew_ms: Rc::default(),
            faults,
        }
    }

    /// Sets the gateways' clocks ahead of ours by `ms`, or back.
    pub fn skew(&self, ms: i64) {
        self.skew_ms.set(ms);
    }

    /// The time by the gateways' clocks.
    fn now_ms(&self) -> i64 {
        self.clock.now_ms() + self.skew_ms.get()
    }

    /// Sends a request to the sandbox past any fault of the network: what a phone or a script does. `None`
    /// when the sandbox was told not to answer.
    pub fn sandbox(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        self.sandbox.borrow_mut().handle(request, self.now_ms()).answer()
    }

    /// Changes the keys that the gateways sign with and expect, from now on. All they know of payments stays.
    ///
    /// # Panics
    /// When the sandbox cannot read what it wrote itself.
    pub fn roll_keys(&self, change: impl FnOnce(&mut Keys)) {
        let mut sandbox = self.sandbox.borrow_mut();
        let mut kept = self.kept.borrow_mut();
        let changes = sandbox.take_changes().expect("the sandbox keeps what it knows");
        kept.extend(changes.into_iter().map(|record| (record.path.clone(), record)));
        let mut keys = sandbox.keys().clone();
        change(&mut keys);
        *sandbox = coursepay_sandbox::World::new(sandbox.base_url(), keys, SANDBOX_SEED);
        for record in kept.values() {
            sandbox.restore(record).expect("the sandbox reads what it wrote");
        }
    }

    /// Has the gateway's next answer at `path` be this one.
    pub fn answer_next(&self, path: &str, answer: Response<Bytes>) {
        self.stand_ins.borrow_mut().insert(path.to_owned(), answer);
    }

    /// What the app asked the gateways, oldest first.
    pub fn asked(&self) -> Vec<Request<Bytes>> {
        self.asked.borrow().clone()
    }

    /// The callbacks that the sandbox wants sent now.
    pub fn due_callbacks(&self) -> Vec<coursepay_sandbox::Callback> {
        self.sandbox.borrow_mut().due_callbacks(self.now_ms())
    }

    /// Tells the sandbox what came of a callback.
    pub fn callback_answered(&self, id: coursepay_sandbox::CallbackId, response: &Response<Bytes>) {
        let answer = coursepay_sandbox::Answer::Http {
            status: response.status().as_u16(),
            body: response.body().to_vec(),
        };
        self.sandbox.borrow_mut().callback_answered(id, &answer, self.now_ms());
    }

    /// Tells the sandbox that a callback got no answer.
    pub fn callback_lost(&self, id: coursepay_sandbox::CallbackId) {
        let answer = coursepay_sandbox::Answer::Failed { reason: "connection reset".to_owned() };
        self.sandbox.borrow_mut().callback_answered(id, &answer, self.now_ms());
    }

    /// What the endpoint received, oldest first.
    pub fn webhooks(&self) -> Vec<Request<Bytes>> {
        self.endpoint.borrow().received.clone()
    }

    /// Has the endpoint answer 204 again from now on.
    pub fn endpoint_hears_again(&self) {
        self.endpoint.borrow_mut().answers.clear();
    }

    /// When the sandbox wants to send something again, if nothing else happens; milliseconds by our clock.
    pub fn next_callback_at_ms(&self) -> Option<i64> {
        self.sandbox.borrow().next_callback_at_ms().map(|at_ms| at_ms - self.skew_ms.get())
    }

    /// What the endpoint answers next, in order; then 204 again.
    pub fn endpoint_answers(&self, statuses: &[StatusCode]) {
        self.endpoint.borrow_mut().answers.extend(statuses);
    }
}

impl Http for Network {
    async fn send(&self, request: Request<Bytes>, _timeout_ms: u32) -> Result<Response<Bytes>, HttpError> {
        let lost = |Vanished| HttpError("connection reset".to_owned());
        self.faults.before(Port::Http).await.map_err(lost)?;
        let address = request.uri().to_string();
        let response = if address.starts_with(&format!("{}/", self.sandbox.borrow().base_url())) {
            self.asked.borrow_mut().push(request.clone());
            let stand_in = self.stand_ins.borrow_mut().remove(request.uri().path());
            let answer = stand_in.or_else(|| self.sandbox(&request));
            answer.ok_or_else(|| HttpError("the gateway hung up".to_owned()))
        } else if address == self.endpoint.borrow().url {
            let mut endpoint = self.endpoint.borrow_mut();
            endpoint.received.push(request);
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = endpoint.answers.pop_front().unwrap_or(StatusCode::NO_CONTENT);
            Ok(response)
        } else {
            Err(HttpError(format!("nobody is at {address}")))
        };
        self.faults.after(Port::Http).await.map_err(lost)?;
        response
    }
}
