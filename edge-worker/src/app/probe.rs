//! What does a bench run of the app? (only with the feature `probe`, which is never deployed)
//!
//! The functions that requests run, less the database around them: what a bench compares with something else must
//! hold nothing that the other side has not got.

use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState};
use coursepay_core::currency::Currency;
use coursepay_core::gateway::{Claim, Content, Message, Operation, Payer};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::Money;
use coursepay_core::order::Report;
use http::HeaderMap;

use crate::app::App;
use crate::app::gateways::{self, Said};
use crate::app::ports::World;
use crate::app::store;

/// What the sold course is called.
const SUBJECT: &str = "Rust 从零到一：所有权、借用与生命周期";

/// The signed address of Alipay's page for a new payment of 99.00, as `POST /v1/orders/{id}/payments` answers it for
/// the channel `redirect`: terms, request, WebCrypto's signature, address.
///
/// # Errors
/// In words, when Alipay is off or refuses its own terms.
pub async fn alipay_page<W: World>(app: &App<'_, W>) -> Result<String, String> {
    let party = gateways::party(app, GatewayId::Alipay).map_err(|_| "Alipay is off")?;
    let public_url = app.config.public_url.as_deref().map_err(|flaw| flaw.problem)?;
    let (channel, now) = (Channel::Redirect, app.world.now());
    let notify_url = format!("{public_url}/v1/callbacks/alipay");
    let return_url = Some("https://school.example/courses/rust-101?paid=1".to_owned());
    let attempt = Attempt {
        id: store::ids(app).fresh(),
        method: Method::External(GatewayId::Alipay),
        channel,
        amount: Money::new(9_900, Currency::Cny).map_err(|error| error.to_string())?,
        terms: party.protocol.terms(channel, SUBJECT, notify_url, return_url),
        created_at: now,
        expires_at: now.plus_ms(15 * 60 * 1_000),
        state: AttemptState::Created,
        action: None,
        gateway_ref: None,
        failure: None,
    };
    match gateways::ask(app, party, Operation::Create, &attempt, &Payer::default()).await {
        Said::News(Report::Accepted { action: Action::Redirect { url }, .. }) => Ok(url),
        _ => Err("Alipay's page has no address".to_owned()),
    }
}

/// The number that a notify of Alipay's names, once its signature holds, as `POST /v1/callbacks/alipay` reads it.
///
/// # Errors
/// In words, when it is none, or its signature does not hold.
pub async fn alipay_notify<W: World>(
    app: &App<'_, W>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<String, String> {
    let party = gateways::party(app, GatewayId::Alipay).map_err(|_| "Alipay is off")?;
    let headers = gateways::header_list(headers);
    let message = Message { status: 200, headers: &headers, body };
    let unverified =
        party.protocol.read_callback(message, app.world.now()).map_err(|fault| fault.to_string())?;
    let verified = unverified.verify(async |claim: &Claim| gateways::holds(app, party, claim).await).await;
    match verified.map_err(|error| format!("{error:?}"))?.into_inner() {
        Content::Open(notice) => Ok(notice.merchant_no),
        Content::Sealed(_) => Err("Alipay seals nothing".to_owned()),
    }
}
