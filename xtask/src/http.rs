//! How does xtask talk to what it started?

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use ureq::Agent;

/// A small client for loopback.
pub(crate) struct Client {
    agent: Agent,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            // A refusal is an answer with a body worth showing.
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            // Loopback only, whatever proxy the machine has.
            .proxy(None)
            .build();
        Self { agent: config.new_agent() }
    }

    /// GET; an error only if there was no answer.
    pub(crate) fn get(&self, url: &str) -> Result<Answer> {
        let response = self.agent.get(url).call().with_context(|| format!("no answer from {url}"))?;
        Answer::read(response)
    }

    /// GET with a bearer token.
    pub(crate) fn get_with_key(&self, url: &str, key: &str) -> Result<Answer> {
        let request = self.agent.get(url).header("authorization", bearer(key));
        Answer::read(request.call().with_context(|| format!("no answer from {url}"))?)
    }

    /// DELETE with a bearer token.
    pub(crate) fn delete_with_key(&self, url: &str, key: &str) -> Result<Answer> {
        let request = self.agent.delete(url).header("authorization", bearer(key));
        Answer::read(request.call().with_context(|| format!("no answer from {url}"))?)
    }

    /// POST of a form with a bearer token.
    pub(crate) fn post_form_with_key(&self, url: &str, form: &[(&str, &str)], key: &str) -> Result<Answer> {
        let request = self.agent.post(url).header("authorization", bearer(key));
        let sent = request.send_form(form.iter().copied());
        Answer::read(sent.with_context(|| format!("no answer from {url}"))?)
    }

    /// Sends JSON with PUT or POST as the platform.
    pub(crate) fn send(&self, request: &PlatformRequest<'_>, platform_api_key: &str) -> Result<Answer> {
        let builder = match request.method {
            Method::Put => self.agent.put(&request.url),
            Method::Post => self.agent.post(&request.url),
        };
        let mut builder = builder
            .header("content-type", "application/json")
            .header("authorization", bearer(platform_api_key));
        if let Some(key) = request.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        let response = builder
            .send(request.body.to_string())
            .with_context(|| format!("no answer from {}", request.url))?;
        Answer::read(response)
    }
}

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[derive(Clone, Copy)]
pub(crate) enum Method {
    Put,
    Post,
}

/// One call of Coursepay's API with the platform's key.
pub(crate) struct PlatformRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) body: Value,
    pub(crate) idempotency_key: Option<&'a str>,
}

impl Answer {
    fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Self> {
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string().context("the answer broke off")?;
        Ok(Self { status, body })
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
