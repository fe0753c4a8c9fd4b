//! What does the platform do with its API key?

use coursepay_core::api::{CreditWallet, Price, ProductKind, PutProduct, RefundView};
use coursepay_core::currency::Currency;
use coursepay_edge::app::ports::Param;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::actors::webhook::Webhook;
use crate::message::{Answer, Ask};
use crate::target::Target;

/// Every scope an API key can have.
pub const ALL_SCOPES: &str = "products orders refunds refund_overrides wallets ledger entitlements";

/// The platform, with a key of its own.
pub struct Platform<'a, T> {
    target: &'a T,
    key: String,
}

impl<'a, T: Target> Platform<'a, T> {
    /// The platform with a key that may do everything. Its row is written past Coursepay, as `xtask` does.
    pub async fn of(target: &'a T) -> Self {
        Self::with_scopes(target, &target.setup().platform_key, ALL_SCOPES).await
    }

    /// The platform with a key that may do `scopes` only.
    ///
    /// # Panics
    /// When the row cannot be written.
    pub async fn with_scopes(target: &'a T, key: &str, scopes: &str) -> Self {
        let hash = hex::encode(Sha256::digest(key.as_bytes()));
        let params: [Param; 3] = [hash[..16].into(), hash.as_str().into(), scopes.into()];
        let sql = "INSERT INTO api_keys (id, key_hash, scopes, created_at_ms) VALUES (?1, ?2, ?3, 0)
                   ON CONFLICT DO NOTHING";
        target.sql(sql, &params).await.expect("the API key is written");
        Self { target, key: key.to_owned() }
    }

    /// Asks with the platform's key.
    pub async fn ask(&self, ask: Ask) -> Answer {
        self.target.ask(ask.bearer(Some(&self.key))).await
    }

    /// Sells a course for `amount_minor` CNY, of which `creator` earns `share_bps`.
    pub async fn sells(&self, product: &str, amount_minor: i64, creator: &str, share_bps: u32) {
        let answer = self.asks_to_sell(product, &course(amount_minor, creator, share_bps)).await;
        assert!(answer.status().is_success(), "{}", answer.text());
    }

    /// Asks to put a product.
    pub async fn asks_to_sell(&self, product: &str, body: &PutProduct) -> Answer {
        self.ask(Ask::put(format!("/v1/products/{product}")).json(body)).await
    }

    /// Gives `user` `amount_minor` CNY of balance.
    pub async fn credits(&self, user: &str, amount_minor: i64) {
        let body = CreditWallet { amount_minor, currency: Currency::Cny, reason: "a gift".to_owned() };
        let ask = Ask::post(format!("/v1/wallets/{user}/credits")).json(&body).fresh_key();
        let answer = self.ask(ask).await;
        assert!(answer.status().is_success(), "{}", answer.text());
    }

    /// The CNY balance of a ledger account, on its normal side.
    ///
    /// # Panics
    /// When the answer has no balance.
    pub async fn balance(&self, account: &str) -> i64 {
        let ask = Ask::get(format!("/v1/ledger/accounts/{account}?currency=CNY"));
        let account: Value = self.ask(ask).await.read(200);
        account["balance_minor"].as_i64().expect("a balance")
    }

    /// Ledger entries, by `order=…` or `account=…`.
    ///
    /// # Panics
    /// When the answer has no entries.
    pub async fn entries(&self, query: &str) -> Vec<Value> {
        let answer: Value = self.ask(Ask::get(format!("/v1/ledger/entries?{query}"))).await.read(200);
        answer["entries"].as_array().expect("entries").clone()
    }

    /// Asks for a refund of an order, under a fresh key.
    pub async fn asks_to_refund(&self, order: &str, body: &Value) -> Answer {
        self.ask(Ask::post(format!("/v1/orders/{order}/refunds")).json(body).fresh_key()).await
    }

    /// Refunds an order, and must get a refund.
    pub async fn refunds(&self, order: &str, body: &Value) -> RefundView {
        self.asks_to_refund(order, body).await.read(201)
    }

    /// A refund as it stands.
    pub async fn refund(&self, id: &str) -> RefundView {
        self.ask(Ask::get(format!("/v1/refunds/{id}"))).await.read(200)
    }

    /// All refunds of an order.
    ///
    /// # Panics
    /// When the answer has none.
    pub async fn refunds_of(&self, order: &str) -> Vec<RefundView> {
        let answer: Value = self.ask(Ask::get(format!("/v1/orders/{order}/refunds"))).await.read(200);
        serde_json::from_value(answer["refunds"].clone()).expect("refunds")
    }

    /// Whether `user` may open `product`.
    ///
    /// # Panics
    /// When the answer has no entitlements.
    pub async fn opens(&self, user: &str, product: &str) -> bool {
        let ask = Ask::get(format!("/v1/entitlements?user={user}&product={product}"));
        let answer: Value = self.ask(ask).await.read(200);
        !answer["entitlements"].as_array().expect("entitlements").is_empty()
    }

    /// The webhooks received so far, each with its signature checked.
    pub fn webhooks(&self) -> Vec<Webhook> {
        let secret = &self.target.setup().webhook_secret;
        self.target.webhooks().iter().map(|request| Webhook::verified(request, secret)).collect()
    }
}

/// A course for `amount_minor` CNY, of which `creator` earns `share_bps`.
pub fn course(amount_minor: i64, creator: &str, share_bps: u32) -> PutProduct {
    PutProduct {
        title: "复式记账与对账 (a course)".to_owned(),
        kind: ProductKind::Course,
        price: Price { amount_minor, currency: Currency::Cny },
        creator: creator.to_owned(),
        creator_share_bps: share_bps,
        refund_policy: None,
    }
}
