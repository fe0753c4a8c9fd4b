//! How does a cart become an order, once?
//!
//! The race: a double click, a second tab, a retry. Two requests may both find no open order and both make
//! one; the partial UNIQUE index on open carts lets one of them commit, and the other reads again and finds
//! it. A buyer's row is made the same way.

use coursepay_core::api::CreateOrder;
use coursepay_core::id::{BuyerId, IdSource, OrderId, ProductId, UserId};
use coursepay_core::order::{Ending, Line, MAX_LINES, Order, Refusal, SHORTEST_PAYMENT_MS, cart_key};
use coursepay_core::time::Timestamp;
use serde::Deserialize;

use crate::app::App;
use crate::app::auth::{self, Identity, Learner};
use crate::app::error::{ApiError, Code};
use crate::app::exchange::{Call, Reply};
use crate::app::idempotency::{Key, Prior};
use crate::app::ports::{Db, Statement, World, statement};
use crate::app::secrets;
use crate::app::services::orders::{end, products, view};
use crate::app::store::{self, CommitError, Loaded};

/// RFC 5321, section 4.5.3.1.3.
const LONGEST_EMAIL: usize = 254;

/// What is asked for, checked.
struct Cart {
    products: Vec<ProductId>,
    expected_total_minor: Option<i64>,
    learner: Option<Learner>,
    email: Option<String>,
}

/// What the database knows about a cart.
struct Known {
    prior: Prior,
    products: Vec<products::Product>,
    buyer: Option<BuyerId>,
    owned: Vec<ProductId>,
    open: Option<OpenOrder>,
}

#[derive(Deserialize)]
struct OpenOrder {
    id: OrderId,
    lines: String,
    expires_at_ms: Timestamp,
}

impl OpenOrder {
    /// Whether it says what one made now would: each product at the same price, refunded by the same policy.
    ///
    /// # Errors
    /// 500 when what is stored cannot be read.
    fn is_on_the_terms_of(&self, fresh: &Order) -> Result<bool, ApiError> {
        let lines: Vec<Line> = serde_json::from_str(&self.lines)
            .map_err(|error| ApiError::internal(format!("the lines of order {}: {error}", self.id)))?;
        let is_same =
            |line: &Line, now: &Line| line.net == now.net && line.refund_policy == now.refund_policy;
        // The cart's key is the same, so each product is in both, once.
        Ok(lines
            .iter()
            .all(|line| fresh.lines.iter().any(|now| now.product == line.product && is_same(line, now))))
    }
}

/// `POST /v1/orders`: 201 with a new order, or 200 with the buyer's open one for the same cart.
pub(in crate::app::services) async fn create_order<W: World>(
    app: &App<'_, W>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let key = Key::of(app, call)?;
    let cart = read_cart(call)?;
    // Without data keys there is no order token, so nothing is begun.
    secrets::current(app.config)?;
    for tries in 0.. {
        store::before_try(app, tries).await?;
        let known = look_up(app, &key, &cart).await?;
        if let Prior::Answered(reply) = known.prior {
            return with_token(app, reply);
        }
        let mut ids = store::ids(app);
        let lines = cart
            .products
            .iter()
            .map(|id| {
                let product = known.products.iter().find(|product| product.id == *id);
                product
                    .ok_or_else(|| ApiError::new(Code::UnknownProduct, format!("There is no product {id}.")))
            })
            .map(|product| product.and_then(products::Product::line))
            .collect::<Result<Vec<_>, _>>()?;
        let buyer = known.buyer.unwrap_or_else(|| ids.fresh());
        let decision = Order::create(buyer, lines, &known.owned, cart.expected_total_minor, &mut ids)?;
        if let Some(open) = known.open {
            if open.is_on_the_terms_of(&decision.order)?
                && open.expires_at_ms.ms_since(call.now) >= SHORTEST_PAYMENT_MS
            {
                return answer_open(app, call, &key, open.id).await;
            }
            give_up(app, open.id, open.expires_at_ms <= call.now).await?;
            continue;
        }
        let mut more = Vec::new();
        if known.buyer.is_none() {
            more.push(insert_buyer(app, &cart, buyer, &ids).await?);
        }
        let loaded = Loaded {
            order: decision.order.clone(),
            user: cart.learner.as_ref().map(|learner| learner.user.clone()),
            owned: Vec::new(),
        };
        let reply = Reply::json(201, &view(app, call, &loaded))?;
        more.push(key.bind(decision.order.id.to_string(), Some(&reply)));
        match store::commit(app, &decision, more).await {
            Ok(()) => return with_token(app, reply),
            Err(CommitError::LostRace | CommitError::KeyTaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::plain(Code::Busy))
}

fn read_cart(call: &Call) -> Result<Cart, ApiError> {
    let body: CreateOrder = call.json()?;
    if body.lines.is_empty() || body.lines.len() > MAX_LINES {
        return Err(Refusal::CartMalformed.into());
    }
    let products = body
        .lines
        .iter()
        .map(|line| {
            let unknown = || ApiError::new(Code::UnknownProduct, "A line's product is not an id.");
            ProductId::parse(&line.product).map_err(|_| unknown())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let learner = match &call.identity {
        Identity::Learner(learner) => Some(learner.clone()),
        Identity::Nobody | Identity::Holder(_) | Identity::Platform { .. } => None,
    };
    if let Some(learner) = &learner {
        learner.require_covered(&products)?;
    }
    // What the platform vouches for goes before what the page says.
    let vouched = learner.as_ref().and_then(|learner| learner.email.clone());
    let email = vouched.or_else(|| body.buyer.map(|buyer| buyer.email));
    if let Some(email) = &email
        && !is_email(email)
    {
        return Err(ApiError::field(Code::InvalidField, "buyer.email", "not an e-mail address"));
    }
    Ok(Cart { products, expected_total_minor: body.expected_total_minor, learner, email })
}

/// Whether mail could be sent there; whether it arrives, only mail can tell.
fn is_email(text: &str) -> bool {
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    !local.is_empty()
        && !domain.is_empty()
        && text.len() <= LONGEST_EMAIL
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Everything there is to know, in one round trip.
async fn look_up<W: World>(app: &App<'_, W>, key: &Key, cart: &Cart) -> Result<Known, ApiError> {
    let user = cart.learner.as_ref().map(|learner| learner.user.as_str());
    let batch = vec![
        key.read(),
        products::read(&cart.products)?,
        statement!("SELECT id FROM buyers WHERE user_id = ?1", user),
        statement!(
            "SELECT e.product_id FROM entitlements e JOIN buyers b ON b.id = e.buyer_id \
             WHERE b.user_id = ?1 AND e.revoked_at_ms IS NULL AND e.ends_at_ms IS NULL",
            user
        ),
        statement!(
            "SELECT o.id, o.lines, o.expires_at_ms \
             FROM orders o JOIN buyers b ON b.id = o.buyer_id \
             WHERE b.user_id = ?1 AND o.cart_key = ?2 AND o.status = 'awaiting_payment'",
            user,
            cart_key(&cart.products)
        ),
    ];
    #[derive(Deserialize)]
    struct BuyerRow {
        id: BuyerId,
    }
    let mut results = app.world.db().batch(batch).await?.into_iter();
    let mut next = || results.next().unwrap_or_default();
    let (keys, found, buyers, owned, open) = (next(), next(), next(), next(), next());
    let first = |rows: Vec<crate::app::ports::Row>| rows.into_iter().next();
    Ok(Known {
        prior: key.judge(app, keys).await?,
        products: products::from_rows(found)?,
        buyer: first(buyers).map(crate::app::ports::Row::read::<BuyerRow>).transpose()?.map(|row| row.id),
        owned: store::read_products(owned)?,
        open: first(open).map(crate::app::ports::Row::read).transpose()?,
    })
}

async fn insert_buyer<W: World>(
    app: &App<'_, W>,
    cart: &Cart,
    buyer: BuyerId,
    ids: &IdSource,
) -> Result<Statement, ApiError> {
    let sealed = match &cart.email {
        Some(email) => Some(secrets::seal_email(app, buyer, email).await?),
        None => None,
    };
    let (sealed, hmac) = sealed.map(|email| (email.sealed, email.hmac)).unzip();
    let user: Option<&UserId> = cart.learner.as_ref().map(|learner| &learner.user);
    Ok(statement!(
        "INSERT INTO buyers (id, user_id, email_sealed, email_hmac, created_at_ms) \
         VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER))",
        buyer.to_string(),
        user.map(UserId::as_str),
        sealed,
        hmac,
        ids.at(),
    ))
}

/// The buyer's open order for this cart, under a key of its own.
async fn answer_open<W: World>(
    app: &App<'_, W>,
    call: &Call,
    key: &Key,
    id: OrderId,
) -> Result<Reply, ApiError> {
    let loaded = store::load_order(app, id).await?.ok_or_else(|| ApiError::plain(Code::OrderNotFound))?;
    let reply = Reply::json(200, &view(app, call, &loaded))?;
    match store::commit_plain(app, vec![key.bind(id.to_string(), Some(&reply))]).await {
        Ok(()) => with_token(app, reply),
        // Bound a moment ago: by this same request, or by another one, which is then refused.
        Err(CommitError::KeyTaken) => match key.look_up(app).await? {
            Prior::Answered(reply) => with_token(app, reply),
            Prior::New | Prior::Resume(_) => Err(ApiError::plain(Code::IdempotencyInProgress)),
        },
        Err(error) => Err(error.into()),
    }
}

/// Ends an open order that no longer says what the page shows: its terms changed, or its time is up.
async fn give_up<W: World>(app: &App<'_, W>, id: OrderId, is_due: bool) -> Result<(), ApiError> {
    let ending = if is_due { Ending::Expire } else { Ending::Cancel };
    match end::end_order(app, id, ending).await {
        Ok(_) => Ok(()),
        // Ended meanwhile, one way or the other: the next look shows how.
        Err(error) if matches!(error.code, Code::OrderPaid | Code::OrderExpired | Code::OrderCancelled) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Adds the order token, which is made anew each time and stored nowhere.
fn with_token<W: World>(app: &App<'_, W>, reply: Reply) -> Result<Reply, ApiError> {
    let broken = |error: serde_json::Error| ApiError::internal(error.to_string());
    let mut view: coursepay_core::api::OrderView = serde_json::from_str(&reply.body).map_err(broken)?;
    let id = OrderId::parse(&view.id).map_err(|error| ApiError::internal(error.to_string()))?;
    view.order_token = Some(auth::order_token(app, id)?);
    Reply::json(reply.status, &view)
}
