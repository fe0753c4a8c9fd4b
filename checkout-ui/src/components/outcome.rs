//! How did it end, and what can the learner do now?

use crate::components::el::{El, el};
use crate::components::icon;
use crate::components::screen::Screen;
use crate::state::{Failure, Msg, Reason, Record};
use crate::text::Text;

/// Settled.
pub(crate) fn paid(screen: &Screen<'_>) -> El {
    let tick = el("path").class("tick").set("pathLength", "1").set("d", icon::CHECK);
    screen
        .panel("paid", "badge good", icon::canvas().class("seal").child(tick), Text::PaidTitle)
        .child(screen.hint(Text::PaidHint))
        .maybe(surplus(screen))
        .maybe(order_number(screen))
        .child(way_on())
        .maybe(screen.state.can_verify().then(|| record(screen)))
}

/// How many characters of a hash are shown: enough to compare at a glance, and the rest on demand.
const SHORT_HASH: usize = 12;

/// What has happened to the order, verified here.
fn record(screen: &Screen<'_>) -> El {
    let told = el("p").class("fine").set("role", "status");
    let told = match &screen.state.record {
        Record::Unverified => told,
        Record::Asking => told.text(screen.say(Text::RecordAsked)),
        Record::Holds { head } => {
            let short = head.get(..SHORT_HASH).unwrap_or(head).to_owned();
            told.text(screen.say(Text::RecordHolds))
                .child(el("code").set_to("title", head.clone()).words(short))
        }
        Record::Broken => told.text(screen.say(Text::RecordBroken)),
        Record::Unread => told.text(screen.say(Text::RecordUnread)),
    };
    let state = match screen.state.record {
        Record::Unverified | Record::Asking | Record::Unread => "open",
        Record::Holds { .. } => "holds",
        Record::Broken => "broken",
    };
    let verify = screen.button("link", Text::VerifyRecord, Msg::VerifyRecord);
    el("div").class("record").set("data-record", state).child(verify).child(told)
}

/// Nothing to buy: it is theirs.
pub(crate) fn already_owned(screen: &Screen<'_>) -> El {
    screen
        .panel("owned", "badge good", icon::icon(icon::BOOK), Text::OwnedTitle)
        .child(screen.hint(Text::OwnedHint))
        .child(way_on())
}

/// A try to pay failed.
pub(crate) fn failed(screen: &Screen<'_>, reason: &Reason) -> El {
    let code = match reason {
        Reason::Server(failure) => Some(support_code(screen, failure)),
        Reason::Declined | Reason::Closed | Reason::Payment(_) => None,
    };
    screen
        .panel("failed", "badge bad", icon::icon(icon::CROSS), Text::FailedTitle)
        .child(el("p").class("hint").text(screen.lang.reason(reason)))
        .maybe(code)
        .maybe(order_number(screen))
        .child(
            el("div")
                .class("actions")
                .child(screen.button("pay", Text::TryAgain, Msg::TryAgain))
                .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod)),
        )
}

/// The time to pay is over.
pub(crate) fn expired(screen: &Screen<'_>) -> El {
    screen
        .panel("expired", "badge late", icon::icon(icon::CLOCK), Text::ExpiredTitle)
        .child(screen.hint(Text::ExpiredHint))
        .maybe(surplus(screen))
        .child(
            el("div")
                .class("actions")
                .child(screen.button("pay", Text::Renew, Msg::TryAgain))
                .child(screen.button("link", Text::OtherMethod, Msg::ChangeMethod)),
        )
}

/// The checkout could not be filled.
pub(crate) fn unavailable(screen: &Screen<'_>, failure: &Failure) -> El {
    let title = if failure.is_transient() { Text::UnavailableTitle } else { Text::GoneTitle };
    let retry = !failure.has_status(404);
    screen
        .panel("unavailable", "badge late", icon::icon(icon::CLOUD), title)
        .child(el("p").class("hint").text(screen.lang.failure(failure)))
        .child(support_code(screen, failure))
        .maybe(
            retry.then(|| {
                el("div").class("actions").child(screen.button("pay", Text::TryAgain, Msg::TryAgain))
            }),
        )
}

/// What came and goes back: read out when it changes, for it is money.
fn surplus(screen: &Screen<'_>) -> Option<El> {
    let order = &screen.state.order.as_ref()?.view;
    let pieces = order.surplus.iter().filter_map(|piece| screen.lang.surplus(order, piece));
    let told = el("div").part("notice").set("role", "status");
    let told = pieces.fold(told, |told, words| told.child(el("p").words(words)));
    (!order.surplus.is_empty()).then_some(told)
}

/// Where the page puts its own next step, such as a link into the course.
fn way_on() -> El {
    el("div").class("actions").child(el("slot").set("name", "paid"))
}

/// What to quote to whoever helps.
pub(crate) fn order_number(screen: &Screen<'_>) -> Option<El> {
    let id = screen.state.order.as_ref()?.view.id.clone();
    Some(fine_print(screen, Text::OrderNumber, id))
}

fn support_code(screen: &Screen<'_>, failure: &Failure) -> El {
    fine_print(screen, Text::SupportCode, failure.code().to_owned())
}

fn fine_print(screen: &Screen<'_>, label: Text, value: String) -> El {
    el("p").class("fine").text(screen.say(label)).child(el("code").words(value))
}
