//! Where do the sandbox's Stripe events go, and how are they signed?
//!
//! A webhook endpoint tells its secret once, when it is made. So each run makes its own and removes those that
//! earlier ones left.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::settings::SandboxStripe;
use crate::http::{Answer, Client};

#[derive(Deserialize)]
struct Endpoints {
    data: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    id: String,
    url: String,
    /// In the answer to its making alone.
    secret: Option<String>,
}

/// Makes an endpoint at `url` for every event; its secret.
pub(super) fn endpoint(client: &Client, stripe: &SandboxStripe, url: &str) -> Result<String> {
    let address = format!("{}/v1/webhook_endpoints", stripe.api_base);
    let known: Endpoints = read(&client.get_with_key(&format!("{address}?limit=100"), &stripe.secret_key)?)?;
    for old in known.data.iter().filter(|endpoint| endpoint.url == url) {
        client.delete_with_key(&format!("{address}/{}", old.id), &stripe.secret_key)?;
    }
    let form = [("url", url), ("enabled_events[0]", "*")];
    let made: Endpoint = read(&client.post_form_with_key(&address, &form, &stripe.secret_key)?)?;
    made.secret.context("the sandbox told no secret of the webhook endpoint")
}

fn read<T: for<'a> Deserialize<'a>>(answer: &Answer) -> Result<T> {
    ensure!(answer.is_success(), "the sandbox's Stripe answered {}: {}", answer.status, answer.body);
    serde_json::from_str(&answer.body).context("the sandbox's Stripe answered something else")
}
