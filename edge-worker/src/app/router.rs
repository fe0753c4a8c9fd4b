//! Which URLs exist, and who calls them? One screen.

use std::sync::LazyLock;

use Caller::{Buyer, BuyerOr, Gateway, LearnerOr, Platform, Public, Shopper};
use Endpoint as E;
use coursepay_core::method::GatewayId;

use crate::app::auth::Scope;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Anybody.
    Public,
    /// A learner, or a guest without any token.
    Shopper,
    /// The order's learner, or whoever holds its token.
    Buyer,
    /// The same, or the platform with this scope.
    BuyerOr(Scope),
    /// The learner named in the path, or the platform with this scope.
    LearnerOr(Scope),
    /// The platform with this scope.
    Platform(Scope),
    /// A payment gateway, by its signature.
    Gateway,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table below says what each does")]
pub enum Endpoint {
    GetHealth,
    PutProduct,
    GetProduct,
    CreateOrder,
    GetOrder,
    ListEvents,
    CheckOrder,
    CancelOrder,
    StartPayment,
    RequestRefund,
    ListRefunds,
    GetRefund,
    ListDisputesOfOrder,
    ListDisputes,
    StartWechatLogin,
    EndWechatLogin,
    TakeCallback(GatewayId),
    ListCallbacks,
    ListSurplus,
    CreditWallet,
    GetWallet,
    GetAccount,
    ListEntries,
    ListEntitlements,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with `{…}` parts.
    pub path: &'static str,
    /// Who may call it.
    pub caller: Caller,
    /// Whether it needs an Idempotency-Key. Whatever a client creates or ends does; a check and the
    /// beginning of a login change nothing that a repeat would change again, and need none.
    pub needs_key: bool,
    /// What it does.
    pub endpoint: Endpoint,
}

const fn route(
    method: &'static str,
    path: &'static str,
    caller: Caller,
    needs_key: bool,
    endpoint: Endpoint,
) -> Route {
    Route { method, path, caller, needs_key, endpoint }
}

const KEY: bool = true;
const NO_KEY: bool = false;

/// Every route.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    route("GET",  "/v1/health",                     Public,                        NO_KEY, E::GetHealth),
    route("PUT",  "/v1/products/{id}",              Platform(Scope::Products),     NO_KEY, E::PutProduct),
    route("GET",  "/v1/products/{id}",              Public,                        NO_KEY, E::GetProduct),
    route("POST", "/v1/orders",                     Shopper,                       KEY,    E::CreateOrder),
    route("GET",  "/v1/orders/{id}",                BuyerOr(Scope::Orders),        NO_KEY, E::GetOrder),
    route("GET",  "/v1/orders/{id}/events",         BuyerOr(Scope::Orders),        NO_KEY, E::ListEvents),
    route("POST", "/v1/orders/{id}/check",          Buyer,                         NO_KEY, E::CheckOrder),
    route("POST", "/v1/orders/{id}/cancel",         Buyer,                         KEY,    E::CancelOrder),
    route("POST", "/v1/orders/{id}/payments",       Buyer,                         KEY,    E::StartPayment),
    route("POST", "/v1/orders/{id}/refunds",        Platform(Scope::Refunds),      KEY,    E::RequestRefund),
    route("GET",  "/v1/orders/{id}/refunds",        Platform(Scope::Refunds),      NO_KEY, E::ListRefunds),
    route("GET",  "/v1/refunds/{id}",               Platform(Scope::Refunds),      NO_KEY, E::GetRefund),
    route("GET",  "/v1/orders/{id}/disputes",       Platform(Scope::Refunds),      NO_KEY, E::ListDisputesOfOrder),
    route("GET",  "/v1/disputes",                   Platform(Scope::Refunds),      NO_KEY, E::ListDisputes),
    route("POST", "/v1/orders/{id}/wechat_login",   Buyer,                         NO_KEY, E::StartWechatLogin),
    route("GET",  "/v1/wechat_login",               Public,                        NO_KEY, E::EndWechatLogin),
    route("POST", "/v1/callbacks/alipay",           Gateway,                       NO_KEY, E::TakeCallback(GatewayId::Alipay)),
    route("POST", "/v1/callbacks/wechat_pay",       Gateway,                       NO_KEY, E::TakeCallback(GatewayId::WechatPay)),
    route("POST", "/v1/callbacks/stripe",           Gateway,                       NO_KEY, E::TakeCallback(GatewayId::Stripe)),
    route("GET",  "/v1/callbacks",                  Platform(Scope::Ledger),       NO_KEY, E::ListCallbacks),
    route("GET",  "/v1/surplus",                    Platform(Scope::Ledger),       NO_KEY, E::ListSurplus),
    route("POST", "/v1/wallets/{user}/credits",     Platform(Scope::Wallets),      KEY,    E::CreditWallet),
    route("GET",  "/v1/wallets/{user}",             LearnerOr(Scope::Wallets),     NO_KEY, E::GetWallet),
    route("GET",  "/v1/ledger/accounts/{account}",  Platform(Scope::Ledger),       NO_KEY, E::GetAccount),
    route("GET",  "/v1/ledger/entries",             Platform(Scope::Ledger),       NO_KEY, E::ListEntries),
    route("GET",  "/v1/entitlements",               Platform(Scope::Entitlements), NO_KEY, E::ListEntitlements),
];

/// What a method and a path lead to.
pub enum Match {
    /// A route, with the `{…}` parts of the path as sent.
    Route(&'static Route, Vec<(String, String)>),
    /// A path of ours, but not with this method.
    OtherMethod,
    /// No path of ours.
    Nothing,
}

/// Paths to the routes that share them.
static PATHS: LazyLock<matchit::Router<Vec<&'static Route>>> = LazyLock::new(|| {
    let mut paths = matchit::Router::new();
    for route in ROUTES {
        let same_path = ROUTES.iter().filter(|other| other.path == route.path).collect();
        // The second route of a path finds it taken, by the same list.
        let _taken_by_the_same = paths.insert(route.path, same_path);
    }
    paths
});

/// Finds the route of a request.
#[must_use]
pub fn find(method: &http::Method, path: &str) -> Match {
    let Ok(found) = PATHS.at(path) else { return Match::Nothing };
    let Some(route) = found.value.iter().find(|route| route.method == method.as_str()) else {
        return Match::OtherMethod;
    };
    let params = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Match::Route(route, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_its_method_and_path() {
        for route in ROUTES {
            let path = route.path.replace("{id}", "x").replace("{user}", "x").replace("{account}", "a:b:c");
            let method = route.method.parse().unwrap();
            let Match::Route(found, _) = find(&method, &path) else { panic!("{path} is not found") };
            assert_eq!(found.endpoint, route.endpoint);
        }
    }

    #[test]
    fn another_method_is_told_apart_from_another_path() {
        assert!(matches!(find(&http::Method::DELETE, "/v1/orders"), Match::OtherMethod));
        assert!(matches!(find(&http::Method::GET, "/v1/nothing"), Match::Nothing));
    }
}
