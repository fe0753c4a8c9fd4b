//! How is the app reached in this process, and what happens around it?

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use coursepay_edge::app::config::Config;
use coursepay_edge::app::ports::{Param, Row};
use coursepay_edge::app::{handle, run_message, run_scheduled};
use coursepay_sandbox::Keys;
use futures::executor::block_on;
use http::{HeaderValue, Request, Response};

use crate::native::http::SANDBOX_SEED;
use crate::native::invariants::assert_invariants;
use crate::native::world::World;
use crate::setup::{Setup, keys};
use crate::target::Target;

const PUBLIC_URL: &str = "https://pay.example";
const SANDBOX_URL: &str = "https://sandbox.example";
const WEBHOOK_URL: &str = "https://school.example/webhooks";

/// Where every client comes from, unless a test says otherwise (RFC 5737).
const CLIENT_ADDRESS: &str = "203.0.113.7";

const CONNECTING_IP: &str = "cf-connecting-ip";

/// How often a queue brings a message again before it lays it aside (wrangler.toml, `max_retries`).
const MAX_RETRIES: u32 = 3;

/// Tells `story` with a fresh app, and demands every invariant at its end.
pub fn natively(story: impl AsyncFn(&NativeApp)) {
    let app = NativeApp::start();
    block_on(story(&app));
    assert_invariants(&app.world.db);
}

/// The app with its world. Clones share everything.
#[derive(Clone)]
pub struct NativeApp {
    /// Its world: clock, faults and database are a test's to handle.
    pub world: World,
    config: Rc<Config>,
    setup: Rc<Setup>,
    holds_callbacks: Rc<Cell<bool>>,
    client_address: Rc<RefCell<Option<String>>>,
}

impl NativeApp {
    /// The app as it is configured in production, in a fresh world.
    pub fn start() -> Self {
        Self::start_with(1, |_| {})
    }

    /// The app's inside, for what no route shows.
    pub fn app(&self) -> coursepay_edge::app::App<'_, World> {
        coursepay_edge::app::App { world: &self.world, config: &self.config }
    }

    /// The same world under variables changed by `change`: a new deployment.
    pub fn deployed_with(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Self {
        let mut variables = self.setup.variables();
        change(&mut variables);
        Self { config: Rc::new(Config::read(|name| variables.get(name).cloned())), ..self.clone() }
    }

    /// The app in a world where all that is random follows from `seed`, with variables changed by `change`.
    pub fn start_with(seed: u64, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Self {
        Self::start_among(keys(), seed, change)
    }

    /// The same, among gateways that sign with `keys`.
    pub fn start_among(keys: &Keys, seed: u64, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Self {
        let mut setup = Setup::with_keys(keys, PUBLIC_URL, SANDBOX_URL, WEBHOOK_URL);
        let mut sandbox = coursepay_sandbox::World::new(SANDBOX_URL, keys.clone(), SANDBOX_SEED);
        setup.register_at_stripe(&mut sandbox, &format!("{PUBLIC_URL}/v1/callbacks/stripe"), 0);
        let mut variables = setup.variables();
        change(&mut variables);
        Self {
            world: World::new(sandbox, WEBHOOK_URL, seed),
            config: Rc::new(Config::read(|name| variables.get(name).cloned())),
            setup: Rc::new(setup),
            holds_callbacks: Rc::default(),
            client_address: Rc::new(RefCell::new(Some(CLIENT_ADDRESS.to_owned()))),
        }
    }

    /// From where requests come from now on, as Cloudflare says; `None` while it does not.
    pub fn requests_come_from(&self, address: Option<&str>) {
        *self.client_address.borrow_mut() = address.map(str::to_owned);
    }

    /// Keeps the sandbox's callbacks back from now on, as a network between the two may, or lets them go.
    pub fn hold_callbacks(&self, hold: bool) {
        self.holds_callbacks.set(hold);
    }

    /// Delivers the callbacks that are due, and tells the sandbox how each went. Gives how many.
    pub async fn deliver_callbacks(&self) -> usize {
        if self.holds_callbacks.get() {
            return 0;
        }
        let due = self.world.network.due_callbacks();
        let count = due.len();
        for callback in due {
            let response = self.call(callback.request).await;
            self.world.network.callback_answered(callback.id, &response);
        }
        count
    }

    /// Works the queue off. Gives how many messages there were.
    pub async fn drain_queue(&self) -> usize {
        let mut count = 0;
        while self.work_one_message().await {
            count += 1;
        }
        count
    }

    /// Works one queue message off, if there is one.
    pub async fn work_one_message(&self) -> bool {
        let Some(message) = self.world.queue.take() else { return false };
        for _ in 0..=MAX_RETRIES {
            if run_message(&self.world, &self.config, &message).await.is_ok() {
                break;
            }
        }
        true
    }

    /// Moves the clock on minute by minute, firing the cron at each and working off what it finds.
    pub async fn let_minutes_pass(&self, minutes: u32) {
        for _ in 0..minutes {
            self.world.clock.advance_ms(60_000);
            self.fire_cron().await;
            self.let_work_go_on().await;
        }
    }
}

impl Target for NativeApp {
    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn now_ms(&self) -> i64 {
        self.world.clock.now_ms()
    }

    async fn call(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        // Cloudflare's own header: what a client sends under its name is overwritten.
        request.headers_mut().remove(CONNECTING_IP);
        if let Some(address) = &*self.client_address.borrow() {
            let address = HeaderValue::from_str(address).expect("a header value");
            request.headers_mut().insert(CONNECTING_IP, address);
        }
        handle(&self.world, &self.config, request).await
    }

    async fn call_sandbox(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.world.network.sandbox(&request).expect("the sandbox answers")
    }

    async fn fire_cron(&self) {
        run_scheduled(&self.world, &self.config).await;
    }

    async fn let_work_go_on(&self) {
        while self.deliver_callbacks().await + self.drain_queue().await > 0 {}
    }

    fn patience(&self) -> u32 {
        // Everything that is due is done in one go.
        1
    }

    async fn sql(&self, sql: &str, params: &[Param]) -> Result<Vec<Row>, String> {
        let results = self.world.db.run(&[(sql, params)]);
        results.map(|mut results| results.pop().unwrap_or_default()).map_err(|error| error.message)
    }

    fn webhooks(&self) -> Vec<Request<Bytes>> {
        self.world.network.webhooks()
    }
}
