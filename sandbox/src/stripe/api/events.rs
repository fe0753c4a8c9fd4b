//! Events: retrieve and list, as a merchant does who missed some.

use serde_json::Value;

use super::check_cursor;
use crate::desk::Desk;
use crate::stripe::Stripe;
use crate::stripe::call::Call;
use crate::stripe::errors::Refusal;
use crate::stripe::event::Event;
use crate::stripe::form::Params;
use crate::stripe::page::{Page, list};
use crate::stripe::version::Version;

const WHAT: &str = "event";
/// Events are kept for 30 days.
const KEPT_S: i64 = 30 * 24 * 60 * 60;

impl Stripe {
    fn event_of(&self, id: &str, call: &Call) -> Result<&Event, Refusal> {
        let own = self.events.get(id).filter(|event| event.account == call.account);
        own.ok_or_else(|| Refusal::not_found(WHAT, id))
    }

    /// `GET /v1/events/{id}`
    pub(crate) fn show_event(
        &self,
        id: &str,
        params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        params.finish()?;
        Ok(event_json(self.event_of(id, call)?, desk))
    }

    /// `GET /v1/events`. `delivery_success=false`: those that some endpoint has not acknowledged.
    pub(crate) fn list_events(
        &self,
        mut params: Params,
        call: &Call,
        desk: &Desk<'_>,
    ) -> Result<Value, Refusal> {
        let page = Page::take(&mut params)?;
        let (kind, kinds) = (params.text("type")?, params.texts("types")?);
        let delivered = params.boolean("delivery_success")?;
        params.finish()?;
        if kind.is_some() && !kinds.is_empty() {
            return Err(Refusal::coded("parameters_exclusive", "types", "types: not together with type"));
        }
        check_cursor(&page, WHAT, |id| self.event_of(id, call).is_ok())?;
        let since_s = desk.now.business_ms.div_euclid(1_000).saturating_sub(KEPT_S);
        let (found, has_more) = page.cut(self.events.iter().filter(|(_, event)| {
            event.account == call.account
                && event.created_s >= since_s
                && kind.as_ref().is_none_or(|kind| names(kind, &event.kind))
                && (kinds.is_empty() || kinds.iter().any(|kind| names(kind, &event.kind)))
                && delivered.is_none_or(|delivered| (pending_webhooks(event, desk) == 0) == delivered)
        }));
        Ok(list("/v1/events", found.into_iter().map(|event| event_json(event, desk)).collect(), has_more))
    }
}

/// Whether a name, or a pattern such as `charge.*`, means this kind of event.
fn names(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => pattern == kind,
    }
}

fn event_json(event: &Event, desk: &Desk<'_>) -> Value {
    let newest = Version::newest();
    let body = event.body(newest.text(), pending_webhooks(event, desk), false);
    serde_json::to_value(body).unwrap_or_default()
}

/// How many endpoints have not acknowledged an event yet, or never will.
fn pending_webhooks(event: &Event, desk: &Desk<'_>) -> u64 {
    if event.endpoints == 0 {
        return 0;
    }
    let about = desk.courier.about(&event.session);
    let mut urls: Vec<(&str, bool)> = about
        .filter(|notice| notice.id == event.id)
        .map(|notice| (notice.url.as_str(), notice.is_acknowledged()))
        .collect();
    // Of several callbacks to one endpoint (duplicated ones) a single acknowledged one is enough.
    urls.sort_unstable_by(|a, b| b.cmp(a));
    urls.dedup_by_key(|(url, _)| *url);
    urls.iter().filter(|(_, acknowledged)| !acknowledged).map(|_| 1_u64).sum()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_star_stands_for_any_end() {
        assert!(names("charge.*", "charge.refunded") && names("*", "x") && names("a.b", "a.b"));
        assert!(!names("charge.*", "refund.created") && !names("charge", "charge.refunded"));
    }
}
