//! What does a course cost, according to Coursepay?
//!
//! Only for the catalogue: what a learner pays is decided by Coursepay when the order is made. So an old
//! price here is a blemish and no price is no disaster, and a page never waits long for one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

const FRESH_MS: i64 = 30_000;

/// After a failure: soon enough to notice that the Worker is back, late enough not to slow every page.
const FAILURE_FRESH_MS: i64 = 2_000;

const PATIENCE: Duration = Duration::from_millis(1500);

/// A price in the currency's smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Price {
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
}

#[derive(Deserialize)]
struct Product {
    prices: Vec<Price>,
}

struct Cached {
    price: Option<Price>,
    fresh_until_ms: i64,
}

/// Asks Coursepay, and remembers the answers briefly.
pub(crate) struct Prices {
    client: reqwest::Client,
    coursepay_url: String,
    cache: Mutex<HashMap<String, Cached>>,
}

impl Prices {
    /// # Errors
    /// The HTTP client cannot be set up.
    pub(crate) fn new(coursepay_url: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { client, coursepay_url: coursepay_url.to_owned(), cache: Mutex::default() })
    }

    /// The price in yuan, or in the first currency there is; `None` when it cannot be known now.
    pub(crate) async fn of(&self, course: &str, now_ms: i64) -> Option<Price> {
        if let Some(cached) = self.cached(course, now_ms) {
            return cached;
        }
        let price = self.ask(course).await;
        let fresh_ms = if price.is_some() { FRESH_MS } else { FAILURE_FRESH_MS };
        let entry = Cached { price: price.clone(), fresh_until_ms: now_ms.saturating_add(fresh_ms) };
        self.lock().insert(course.to_owned(), entry);
        price
    }

    fn cached(&self, course: &str, now_ms: i64) -> Option<Option<Price>> {
        self.lock()
            .get(course)
            .filter(|cached| now_ms < cached.fresh_until_ms)
            .map(|cached| cached.price.clone())
    }

    async fn ask(&self, course: &str) -> Option<Price> {
        let url = format!("{}/v1/products/{course}", self.coursepay_url);
        let answer = self.client.get(url).send().await.ok()?.error_for_status().ok()?;
        let product: Product = answer.json().await.ok()?;
        let first = product.prices.first().cloned();
        product.prices.into_iter().find(|price| price.currency == "CNY").or(first)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
