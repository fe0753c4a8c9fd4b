//! The notification service: the outbox, and who has been told.

mod deliver;
mod message;
mod webhook;

use coursepay_core::decision::Decision;

use crate::app::App;
use crate::app::jobs::{self, Job};
use crate::app::ports::World;

pub(in crate::app) use deliver::deliver;

/// Puts the messages of a committed decision on their way. What the queue does not take, the cron finds in
/// the outbox: nothing can be lost here.
pub(super) async fn announce<W: World>(app: &App<'_, W>, decision: &Decision) {
    for message in &decision.messages {
        for endpoint in app.config.webhooks.iter().flatten() {
            let job = Job::Deliver {
                message: format!("msg_{}", message.id),
                endpoint: endpoint.name.clone(),
                tries: 0,
            };
            jobs::enqueue(app, &job).await;
        }
    }
}
