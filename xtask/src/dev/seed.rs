//! What can be bought in the demo, and who has money? Told to the Worker through its API, as a platform would.

use anyhow::{Result, bail};
use serde_json::json;

use crate::http::{Client, Method, PlatformRequest};

struct DemoCourse {
    id: &'static str,
    title: &'static str,
    amount_minor: i64,
    creator: &'static str,
    creator_share_bps: u16,
}

const COURSES: [DemoCourse; 3] = [
    DemoCourse {
        id: "rust-101",
        title: "Rust 入门：从零到可以交付",
        amount_minor: 9_900,
        creator: "lin",
        creator_share_bps: 7_000,
    },
    DemoCourse {
        id: "ink-painting",
        title: "水墨写意二十讲",
        amount_minor: 10_000,
        creator: "mei",
        creator_share_bps: 10_000,
    },
    DemoCourse {
        id: "ledger-design",
        title: "账本设计：复式记账与对账",
        amount_minor: 19_900,
        creator: "lin",
        creator_share_bps: 8_000,
    },
];

/// Puts the courses and credits alice with 500.00 CNY, once however often it runs; bo has nothing.
pub(super) fn catalogue(client: &Client, worker: &str, platform_api_key: &str) -> Result<()> {
    for course in &COURSES {
        let request = PlatformRequest {
            method: Method::Put,
            url: format!("{worker}/v1/products/{}", course.id),
            body: json!({
                "title": course.title,
                "kind": "course",
                "price": { "amount_minor": course.amount_minor, "currency": "CNY" },
                "creator": course.creator,
                "creator_share_bps": course.creator_share_bps,
            }),
            idempotency_key: None,
        };
        send(client, &request, platform_api_key)?;
    }
    let request = PlatformRequest {
        method: Method::Post,
        url: format!("{worker}/v1/wallets/alice/credits"),
        body: json!({ "amount_minor": 50_000, "currency": "CNY", "reason": "demo credit" }),
        idempotency_key: Some("demo-credit-alice"),
    };
    send(client, &request, platform_api_key)
}

fn send(client: &Client, request: &PlatformRequest<'_>, platform_api_key: &str) -> Result<()> {
    let answer = client.send(request, platform_api_key)?;
    if !answer.is_success() {
        bail!("{} was refused: {} {}", request.url, answer.status, answer.body.trim());
    }
    Ok(())
}
