use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::harness::{Site, serve};

#[tokio::test]
async fn the_catalogue_shows_coursepays_prices_and_asks_for_each_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let worker = Router::new().route(
        "/v1/products/{id}",
        get(move |Path(id): Path<String>| async move {
            count.fetch_add(1, Ordering::SeqCst);
            let amount_minor = if id == "rust-101" { 9_900 } else { 19_900 };
            let prices = json!([{"amount_minor": 1_500, "currency": "USD"}, {"amount_minor": amount_minor, "currency": "CNY"}]);
            Json(json!({"id": id, "title": "t", "kind": "course", "prices": prices}))
        }),
    );
    let site = Site::open_beside(&serve(worker).await).await;
    let page = site.page("/", None).await;
    assert!(page.contains("¥99.00") && page.contains("¥199.00") && !page.contains("USD"), "{page}");
    site.page("/", None).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    site.advance_ms(30_000);
    site.page("/", None).await;
    assert_eq!(asked.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn without_coursepay_the_catalogue_says_where_the_price_will_be() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let worker = Router::new().route(
        "/v1/products/{id}",
        get(move || async move {
            if is_up.load(Ordering::SeqCst) {
                Ok(Json(json!({"prices": [{"amount_minor": 9_900, "currency": "CNY"}]})))
            } else {
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
        }),
    );
    let site = Site::open_beside(&serve(worker).await).await;
    assert_eq!(site.page("/", None).await.matches("价格见结账页").count(), 3);
    up.store(true, Ordering::SeqCst);
    site.advance_ms(2_000);
    assert_eq!(site.page("/", None).await.matches("¥99.00").count(), 3);
    let nobody = Site::open().await;
    assert!(nobody.page("/?lang=en", None).await.contains("Price at checkout"));
}
