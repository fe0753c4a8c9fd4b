//! What does a gateway truly answer? A merchant asks the sandbox whatever can be asked of a payment, and
//! keeps every answer and every callback.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState, Capture};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::{
    Answer, GatewayRequest, Moment, Operation, Outgoing, Payer, Payment, Prepared, RefundOperation,
    RefundTerms, Unsigned, Unverified, Verb,
};
use coursepay_core::id::{AttemptId, RefundId};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;
use coursepay_core::time::Timestamp;
use coursepay_edge::app::config::{Config, GatewayParty};
use coursepay_sandbox::{KeyPair, World};
use futures::executor::block_on;
use http::{Request, Response};

use super::raw::Raw;
use crate::actors::signature::rsa_sha256;
use crate::native::clock::START_MS;
use crate::setup::{SCHOOL_ORIGIN, Setup, keys};

pub(super) const NOW: Timestamp = Timestamp::from_ms(START_MS);

const SANDBOX_URL: &str = "https://sandbox.example";
const PUBLIC_URL: &str = "https://pay.example";
const NUMBER: &str = "01KDVDNG00AAAAAAAAAAAAAAAA";
const REFUND_NUMBER: &str = "01KDVDNG00BBBBBBBBBBBBBBBB";

/// What was asked, and the bytes of the answer.
pub(super) type Answered = (&'static str, Vec<u8>);

/// A merchant with one payment at one gateway.
pub(super) struct Exchange {
    pub(super) setup: Setup,
    config: Config,
    sandbox: World,
    gateway: GatewayId,
    pub(super) attempt: Attempt,
    pub(super) answers: Vec<Answered>,
    pub(super) callbacks: Vec<Vec<u8>>,
}

impl Exchange {
    fn new(gateway: GatewayId, channel: Channel) -> Self {
        let mut setup = Setup::new(PUBLIC_URL, SANDBOX_URL, "https://school.example/webhooks");
        let mut sandbox = World::new(SANDBOX_URL, keys().clone(), [9; 32]);
        setup.register_at_stripe(&mut sandbox, &format!("{PUBLIC_URL}/v1/callbacks/stripe"), START_MS);
        let variables = setup.variables();
        let config = Config::read(|name| variables.get(name).cloned());
        let mut new = Self {
            attempt: attempt(gateway, channel),
            setup,
            config,
            sandbox,
            gateway,
            answers: Vec::new(),
            callbacks: Vec::new(),
        };
        let notify_url = format!("{PUBLIC_URL}/v1/callbacks/{}", gateway.name());
        let return_url = Some(format!("{SCHOOL_ORIGIN}/paid"));
        new.attempt.terms =
            new.party().protocol.terms(channel, "课程 C++ & <Rust> 100%", notify_url, return_url);
        new
    }

    /// Everything that can be asked of one payment that is given up, and of one that is paid and refunded.
    pub(super) fn of(gateway: GatewayId) -> Self {
        let channel = if gateway == GatewayId::Stripe { Channel::Redirect } else { Channel::Qr };
        let mut given_up = Self::new(gateway, channel);
        given_up.ask(Operation::Query);
        given_up.begin();
        for operation in
            [Operation::Query, Operation::Close, Operation::Query, Operation::Create, Operation::Close]
        {
            given_up.ask(operation);
        }
        let mut paid = Self::new(gateway, channel);
        let page = paid.begin();
        paid.pay(&page);
        for operation in [Operation::Query, Operation::Close, Operation::Create] {
            paid.ask(operation);
        }
        for (operation, minor) in [
            (RefundOperation::Query, 100),
            (RefundOperation::Request, 100),
            (RefundOperation::Request, 100),
            (RefundOperation::Query, 100),
            (RefundOperation::Request, 9_999_999),
        ] {
            paid.ask_refund(operation, minor);
        }
        paid.take_callbacks();
        paid.answers.extend(given_up.answers);
        paid.callbacks.extend(given_up.callbacks);
        paid
    }

    pub(super) fn party(&self) -> &GatewayParty {
        party(&self.config, self.gateway)
    }

    /// Makes the payment payable, and gives the page to pay it on.
    fn begin(&mut self) -> String {
        let Some(Answer::Payable { action, gateway_ref }) = self.ask(Operation::Create) else {
            panic!("{:?} cannot be paid", self.gateway)
        };
        self.attempt.gateway_ref = gateway_ref;
        match action {
            Action::QrCode { content, .. } => content,
            Action::Redirect { url } => url,
            other => panic!("{other:?}"),
        }
    }

    fn pay(&mut self, page: &str) {
        let request = Request::post(format!("{page}/approve")).header("accept", "application/json");
        let response = self.call(&request.body(Bytes::new()).expect("a request"));
        assert!(response.status().is_success(), "{response:?}");
        self.take_callbacks();
        let Some(Answer::Paid(Payment { gateway_no, .. })) = self.ask(Operation::Query) else {
            panic!("{:?} is not paid", self.gateway)
        };
        self.attempt.state =
            AttemptState::Paid(Capture { gateway_no: Some(gateway_no), at: NOW, settled: true });
    }

    fn ask(&mut self, operation: Operation) -> Option<Answer> {
        let protocol = &self.party().protocol;
        let prepared = protocol.prepare(operation, &self.attempt, &Payer::default(), &moment()).ok()?;
        let response = self.send(prepared)?;
        let raw = Raw::of_response(&response);
        let name = match operation {
            Operation::Create => "create",
            Operation::Query => "query",
            Operation::Close => "close",
        };
        self.answers.push((name, raw.write()));
        let read = self.party().protocol.read_answer(operation, &self.attempt, raw.message(), NOW).ok()?;
        trusted(read)
    }

    fn ask_refund(&mut self, operation: RefundOperation, minor: i64) {
        let protocol = &self.party().protocol;
        let refund = RefundTerms { amount: money(minor), ..refund() };
        // What cannot be asked, as more than was paid at WeChat, has no answer.
        let Ok(prepared) = protocol.prepare_refund(operation, &refund, &self.attempt, &moment()) else {
            return;
        };
        let Some(response) = self.send(prepared) else { return };
        let name = match operation {
            RefundOperation::Request => "refund",
            RefundOperation::Query => "refund_query",
        };
        self.answers.push((name, Raw::of_response(&response).write()));
    }

    /// Sends a request of ours, and gives the answer.
    fn send(&mut self, prepared: Prepared) -> Option<Response<Bytes>> {
        let request = match prepared {
            Prepared::ToSign(unsigned) => self.signed(unsigned)?,
            Prepared::WithSecret(mut request) => {
                let secret = &self.setup.merchant.stripe.secret_key;
                request.headers.push(("authorization", format!("Bearer {secret}")));
                request
            }
        };
        let verb = match request.verb {
            Verb::Get => http::Method::GET,
            Verb::Post => http::Method::POST,
        };
        let mut builder = Request::builder().method(verb).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let response = self.call(&builder.body(Bytes::from(request.body)).expect("a request"));
        Some(response)
    }

    /// `None` where the learner's browser carries the request.
    fn signed(&self, unsigned: Unsigned) -> Option<GatewayRequest> {
        let key: &KeyPair = match self.gateway {
            GatewayId::Alipay => &self.setup.alipay.app_key,
            GatewayId::WechatPay | GatewayId::Stripe => &self.setup.merchant.wechat_pay.merchant_key,
        };
        let signature = BASE64_STANDARD.decode(rsa_sha256(key, unsigned.message())).expect("base64");
        match unsigned.signed(&signature) {
            Outgoing::Send(request) => Some(request),
            Outgoing::Browse(_) => None,
        }
    }

    fn call(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        self.sandbox.handle(request, START_MS).answer().expect("the sandbox answers")
    }

    fn take_callbacks(&mut self) {
        let due = self.sandbox.due_callbacks(START_MS);
        self.callbacks.extend(due.iter().map(|callback| Raw::of_request(&callback.request).write()));
    }

    /// What WeChat Pay answers to the question for its certificates.
    pub(super) fn certificates() -> (Self, Vec<u8>) {
        let mut exchange = Self::new(GatewayId::WechatPay, Channel::Qr);
        let unsigned = wechat_pay(&exchange.setup).prepare_certificates(&moment()).expect("a question");
        let response = exchange.send(Prepared::ToSign(unsigned)).expect("an answer");
        (exchange, Raw::of_response(&response).write())
    }
}

/// The gateway, which is on.
pub(super) fn party(config: &Config, gateway: GatewayId) -> &GatewayParty {
    config.gateways[&gateway].as_ref().unwrap_or_else(|flaw| panic!("{flaw:?}"))
}

/// Our side of WeChat Pay.
pub(super) fn wechat_pay(setup: &Setup) -> coursepay_core::gateway::wechat_pay::WechatPay {
    let account = &setup.merchant.wechat_pay;
    coursepay_core::gateway::wechat_pay::WechatPay {
        mchid: account.mchid.clone(),
        appid: account.appid.clone(),
        merchant_serial_no: account.merchant_certificate.serial_no.clone(),
        base_url: SANDBOX_URL.to_owned(),
        answer_key_id: None,
        page_url: None,
    }
}

fn attempt(gateway: GatewayId, channel: Channel) -> Attempt {
    Attempt {
        id: AttemptId::parse(NUMBER).expect("an id"),
        method: Method::External(gateway),
        channel,
        amount: money(9_900),
        terms: coursepay_core::attempt::Terms::default(),
        created_at: NOW,
        expires_at: NOW.plus_ms(30 * 60 * 1_000),
        state: AttemptState::Created,
        action: None,
        gateway_ref: None,
        failure: None,
    }
}

/// A refund of one yuan.
pub(super) fn refund() -> RefundTerms {
    RefundTerms {
        number: RefundId::parse(REFUND_NUMBER).expect("an id"),
        amount: money(100),
        reason: "买错了 & <more>".to_owned(),
        notify_url: format!("{PUBLIC_URL}/v1/callbacks/wechat_pay"),
        gateway_no: None,
    }
}

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::Cny).expect("an amount")
}

fn moment() -> Moment {
    Moment { now: NOW, nonce: "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned() }
}

/// The value, as if what proves it held; `None` where nothing is said to prove it.
pub(super) fn trusted<T>(unverified: Unverified<T>) -> Option<T> {
    let verified = block_on(unverified.verify(async |_| Ok::<_, std::convert::Infallible>(true)));
    verified.ok().map(coursepay_core::gateway::Verified::into_inner)
}
