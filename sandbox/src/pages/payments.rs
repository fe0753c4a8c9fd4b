//! Which payments are there? (a list that can be narrowed by gateway, merchant and outcome)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::html;

use super::layout::page;
use super::parts;
use super::text::{common, payments as words};
use super::visit::Visit;
use crate::cashier::PaymentView;
use crate::reply;
use crate::world::World;

/// Enough for eyes; programs read `/sandbox/payments.json`.
const LISTED: usize = 100;

impl World {
    pub(super) fn payments_page(&self, visit: &Visit) -> Response<Bytes> {
        let lang = visit.lang;
        let fits = |view: &PaymentView| {
            let wanted = |name: &str, is: &str| visit.filter(name).is_none_or(|wanted| wanted == is);
            wanted("gateway", view.gateway.name())
                && wanted("merchant", &view.merchant)
                && wanted("outcome", view.outcome.name())
        };
        let fitting: Vec<PaymentView> =
            self.gateways.views(visit.now).into_iter().rev().filter(fits).collect();
        let listed = fitting.get(..LISTED).unwrap_or(&fitting);
        let merchants: Vec<(&str, &str)> = self
            .keys
            .merchants
            .iter()
            .map(|merchant| (merchant.id.as_str(), merchant.name.as_str()))
            .collect();
        let outcomes = [
            ("waiting", common::WAITING),
            ("processing", common::PROCESSING),
            ("paid", common::PAID),
            ("failed", common::FAILED),
            ("closed", common::CLOSED),
            ("expired", common::EXPIRED),
        ]
        .map(|(name, word)| (name, lang.say(word)));
        let body = html! {
            header.title { h1 { (lang.say(common::PAYMENTS)) } p.lead { (lang.say(words::LEAD)) } }
            div.filters {
                (parts::gateway_filter(visit))
                (parts::filter(visit, "merchant", common::MERCHANT, &merchants))
                (parts::filter(visit, "outcome", words::OUTCOME, &outcomes))
            }
            @if listed.is_empty() {
                (parts::empty(lang.say(words::NOTHING_FITS), lang.say(words::NOTHING_FITS_DETAIL)))
            } @else {
                (parts::payment_lines(visit, listed))
            }
            @if listed.len() < fitting.len() {
                p.sub { (lang.say(words::SHOWN)) " " (listed.len()) " / " (fitting.len()) }
            }
        };
        reply::page(StatusCode::OK, page(visit, lang.say(common::PAYMENTS), &body))
    }
}
