//! How does work for later reach the queue?
//!
//! As text: the runtime keeps strings as they are, while structures go through a JavaScript value and lose
//! what that cannot say (integers above 2^53, maps).

use wasm_bindgen::JsValue;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::app::ports::{Queue, QueueError};

/// The queue of one event.
pub(super) struct JobQueue(Result<worker::Queue, String>);

impl JobQueue {
    /// The queue bound as `binding`.
    pub(super) fn new(env: &Env, binding: &str) -> Self {
        Self(env.queue(binding).map_err(|error| format!("binding {binding}: {error}")))
    }
}

impl Queue for JobQueue {
    async fn send(&self, message: String) -> Result<(), QueueError> {
        let queue = self.0.as_ref().map_err(|missing| QueueError(missing.clone()))?;
        let message = RawMessageBuilder::new(JsValue::from_str(&message))
            .build_with_content_type(QueueContentType::Text);
        queue.send_raw(message).await.map_err(|error| QueueError(error.to_string()))
    }
}
