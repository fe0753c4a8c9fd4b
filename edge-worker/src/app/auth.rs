//! Who is asking?
//!
//! The kind of token says the kind of caller: `cpk_…` is the platform's API key, `cpo_…` the token of one
//! order, anything else a checkout token. Somebody else's resource is not forbidden but not there (404), so
//! that nobody learns which ids exist.

mod api_key;
mod checkout_token;
mod order_token;

use coursepay_core::id::{OrderId, ProductId, UserId};
use http::HeaderMap;

use crate::app::App;
use crate::app::error::{ApiError, Code};
use crate::app::ports::World;
use crate::app::router::Caller;

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Set products and prices.
    Products,
    /// Read any order.
    Orders,
    /// Refund what was paid, and see what is disputed.
    Refunds,
    /// Set refund policies aside.
    RefundOverrides,
    /// Credit and read wallets.
    Wallets,
    /// Read the ledger.
    Ledger,
    /// Read who may open what.
    Entitlements,
}

impl Scope {
    /// Its name in a key's row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::RefundOverrides => "refund_overrides",
            Self::Wallets => "wallets",
            Self::Ledger => "ledger",
            Self::Entitlements => "entitlements",
        }
    }
}

/// A learner, as their token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learner {
    /// The platform's id of them.
    pub user: UserId,
    /// Where to reach them.
    pub email: Option<String>,
    /// What they may buy with it; `None` is anything.
    pub products: Option<Vec<ProductId>>,
    /// Whether their wallet may be spent.
    pub wallet: bool,
}

impl Learner {
    /// Refuses products that the token does not cover: one that leaks from a page buys nothing else.
    ///
    /// # Errors
    /// 403.
    pub(super) fn require_covered(&self, products: &[ProductId]) -> Result<(), ApiError> {
        let Some(covered) = &self.products else { return Ok(()) };
        match products.iter().find(|product| !covered.contains(product)) {
            None => Ok(()),
            Some(other) => {
                let detail = format!("The token's claim products does not name {other}.");
                Err(ApiError::new(Code::ProductNotInToken, detail))
            }
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nobody in particular.
    Nobody,
    /// A learner.
    Learner(Learner),
    /// Whoever holds this order's token.
    Holder(OrderId),
    /// The platform, with a key that has the scope the route asks for.
    Platform {
        /// The key's id; its calls share one space of idempotency keys.
        key_id: String,
        /// Everything that the key may do.
        scopes: KeyScopes,
    },
}

/// What an API key may do, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyScopes(String);

impl KeyScopes {
    /// Demands `scope`.
    ///
    /// # Errors
    /// 403 without it.
    fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.0.split_ascii_whitespace().any(|name| name == scope.name()) {
            return Ok(());
        }
        Err(ApiError::new(Code::ScopeMissing, format!("The key needs the scope {}.", scope.name())))
    }
}

impl Identity {
    /// The caller's own space of idempotency keys.
    #[must_use]
    pub fn idempotency_space(&self) -> String {
        match self {
            Self::Nobody => "guest".to_owned(),
            Self::Learner(learner) => format!("learner:{}", learner.user),
            Self::Holder(order) => format!("holder:{order}"),
            Self::Platform { key_id, .. } => format!("platform:{key_id}"),
        }
    }

    /// Demands a scope beside the one of the route, for a request that asks for more than others.
    ///
    /// # Errors
    /// 403 without it.
    pub(super) fn require_scope(&self, scope: Scope) -> Result<(), ApiError> {
        match self {
            Self::Platform { scopes, .. } => scopes.require(scope),
            Self::Nobody | Self::Learner(_) | Self::Holder(_) => Err(ApiError::plain(Code::ScopeMissing)),
        }
    }
}

/// Finds out who is asking and whether `caller` admits them.
///
/// # Errors
/// 401 for a missing or bad token, 403 for a missing scope, 404 for somebody else's order token.
pub async fn identify<W: World>(
    app: &App<'_, W>,
    caller: Caller,
    headers: &HeaderMap,
) -> Result<Identity, ApiError> {
    if matches!(caller, Caller::Public | Caller::Gateway) {
        return Ok(Identity::Nobody);
    }
    let Some(token) = bearer(headers)? else {
        return match caller {
            Caller::Shopper => Ok(Identity::Nobody),
            Caller::Public
            | Caller::Gateway
            | Caller::Buyer
            | Caller::BuyerOr(_)
            | Caller::LearnerOr(_)
            | Caller::Platform(_) => Err(ApiError::plain(Code::TokenMissing)),
        };
    };
    if token.starts_with(api_key::PREFIX) {
        let (Caller::Platform(scope) | Caller::BuyerOr(scope) | Caller::LearnerOr(scope)) = caller else {
            return Err(ApiError::new(Code::TokenForeign, "An API key does not buy: send a checkout token."));
        };
        return api_key::identify(app, token, scope).await;
    }
    if let Caller::Platform(scope) = caller {
        let detail = format!("This route takes an API key (cpk_…) with the scope {}.", scope.name());
        return Err(ApiError::new(Code::ApiKeyInvalid, detail));
    }
    if token.starts_with(order_token::PREFIX) {
        return match caller {
            Caller::Buyer | Caller::BuyerOr(_) => {
                order_token::verify(app.config, token).map(Identity::Holder)
            }
            Caller::Public
            | Caller::Gateway
            | Caller::Shopper
            | Caller::LearnerOr(_)
            | Caller::Platform(_) => {
                Err(ApiError::new(Code::TokenForeign, "An order token reads and pays its own order only."))
            }
        };
    }
    checkout_token::verify(app.config, token, app.world.now()).map(Identity::Learner)
}

/// The token of `order`, for whoever is told its answer.
///
/// # Errors
/// 503 without data keys.
pub fn order_token<W: World>(app: &App<'_, W>, order: OrderId) -> Result<String, ApiError> {
    order_token::make(app.config, order)
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(http::header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::plain(Code::TokenInvalid))?;
    let malformed =
        || ApiError::new(Code::TokenInvalid, "The Authorization header must read `Bearer <token>`.");
    let (scheme, token) = text.split_once(' ').ok_or_else(malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(malformed());
    }
    Ok(Some(token))
}
