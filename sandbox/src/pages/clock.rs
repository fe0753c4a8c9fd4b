//! What time is it, and how is it moved? (both clocks, what is due next, buttons)

use bytes::Bytes;
use http::{Response, StatusCode};
use maud::{Markup, html};

use super::layout::page;
use super::parts;
use super::text::{clock as words, common};
use super::visit::{Pairs, Visit};
use crate::clock::{BusinessClock, parse_shanghai, shanghai_format};
use crate::reply;
use crate::world::World;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// China Standard Time is so far ahead of UTC.
const SHANGHAI_MS: i64 = 8 * HOUR_MS;
/// Statements of a day are ready at ten the next morning (both Chinese gateways say so).
const BILLS_READY_MS: i64 = 10 * HOUR_MS;

/// The buttons: what the form sends, what they say, and what they are good for.
const MOVES: [(&str, super::text::Words, super::text::Words); 4] = [
    ("hour", words::HOUR, words::HOUR_DETAIL),
    ("day", words::DAY, words::DAY_DETAIL),
    ("month", words::MONTH, words::MONTH_DETAIL),
    ("bills", words::BILLS, words::BILLS_DETAIL),
];

impl World {
    /// The page; `mistake`: the clock could not be moved as asked.
    pub(super) fn clock_page(&self, visit: &Visit, mistake: bool) -> Response<Bytes> {
        let lang = visit.lang;
        let body = html! {
            header.title { h1 { (lang.say(common::CLOCK)) } p.lead { (lang.say(words::LEAD)) } }
            @if mistake { p.alert role="alert" { (lang.say(words::MISTAKE)) } }
            div.clocks { (face(visit, words::BUSINESS, visit.now.business_ms, true)) (face(visit, words::REAL, visit.now.real_ms, false)) }
            section {
                div.heading { h2 { (lang.say(words::NEXT_DUE)) } }
                @match self.next_due() {
                    Some((due_ms, what)) => {
                        p { (parts::moment(due_ms)) " · " (lang.say(what)) }
                        (button(visit, "next", "quiet", lang.say(words::NEXT), None))
                    }
                    None => p.sub { (lang.say(words::NOTHING_DUE)) },
                }
            }
            section {
                h2 { (lang.say(words::MOVE)) }
                div.moves {
                    @for (name, word, detail) in MOVES { (button(visit, name, "tile", lang.say(word), Some(lang.say(detail)))) }
                }
                form.row method="post" action=(visit.link("/clock")) {
                    input type="hidden" name="move" value="set";
                    label { (lang.say(words::SET)) " (" (lang.say(words::SHANGHAI)) ")"
                        input type="datetime-local" name="at" step="1" required min="1970-01-01T08:00:00" max="9999-12-31T23:59:59"
                            value=(shanghai_format(visit.now.business_ms, "%Y-%m-%dT%H:%M:%S"));
                    }
                    button.button.primary { (lang.say(words::SET_BUTTON)) }
                }
                @if self.clock.offset_ms() != 0 { (button(visit, "real", "quiet", lang.say(words::BACK_TO_REAL), None)) }
            }
            section {
                h2 { (lang.say(words::SCRIPTS)) }
                pre.wrap tabindex="0" { "curl -X POST " (self.base_url) "/sandbox/clock -d '{\"advance_ms\":3600000}'" }
            }
        };
        let status = if mistake { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        reply::page(status, page(visit, lang.say(common::CLOCK), &body))
    }

    /// Carries out a button of the page.
    pub(super) fn turn_clock(&mut self, visit: &Visit, form: &Pairs) -> Response<Bytes> {
        match self.turned(visit, form) {
            Some(clock) => {
                self.set_clock(clock);
                let now = self.moment(visit.now.real_ms);
                self.wake(now);
                reply::see_other(&visit.link("/clock"))
            }
            None => self.clock_page(visit, true),
        }
    }

    /// The clock as the form wants it; `None` when it cannot be so.
    fn turned(&self, visit: &Visit, form: &Pairs) -> Option<BusinessClock> {
        let (now_ms, real_ms) = (visit.now.business_ms, visit.now.real_ms);
        match form.get("move")? {
            "hour" => self.clock.advanced(HOUR_MS, real_ms),
            "day" => self.clock.advanced(DAY_MS, real_ms),
            "month" => self.clock.advanced(DAY_MS.checked_mul(30)?, real_ms),
            "bills" => BusinessClock::showing(bills_after(now_ms)?, real_ms),
            "next" => BusinessClock::showing(self.next_due()?.0.max(now_ms), real_ms),
            "real" => Some(BusinessClock::default()),
            "set" => BusinessClock::showing(read_local(form.get("at")?)?, real_ms),
            _ => None,
        }
    }

    /// Business time at which something happens by itself, and what.
    fn next_due(&self) -> Option<(i64, super::text::Words)> {
        let callback = self.courier.next_due_ms().map(|due_ms| (due_ms, words::CALLBACK_DUE));
        let gateway = self.gateways.next_wake_ms().map(|due_ms| (due_ms, words::GATEWAY_DUE));
        callback.into_iter().chain(gateway).min_by_key(|(due_ms, _)| *due_ms)
    }
}

/// Ten o'clock of the next day in Shanghai.
fn bills_after(now_ms: i64) -> Option<i64> {
    let today = now_ms.checked_add(SHANGHAI_MS)?.div_euclid(DAY_MS);
    let midnight_ms = today.checked_add(1)?.checked_mul(DAY_MS)?.checked_sub(SHANGHAI_MS)?;
    midnight_ms.checked_add(BILLS_READY_MS)
}

/// Reads what `<input type=datetime-local>` sends; browsers leave seconds out when they are zero.
fn read_local(text: &str) -> Option<i64> {
    let (day, time) = text.split_once('T')?;
    parse_shanghai(&format!("{day} {time}")).or_else(|| parse_shanghai(&format!("{day} {time}:00")))
}

fn face(visit: &Visit, name: super::text::Words, ms: i64, business: bool) -> Markup {
    let lang = visit.lang;
    let ahead_ms = visit.now.business_ms.saturating_sub(visit.now.real_ms);
    html! {
        section.face.business[business] {
            h2 { (lang.say(name)) }
            p.day { (shanghai_format(ms, "%Y-%m-%d")) }
            p.hands { (shanghai_format(ms, "%H:%M:%S")) }
            p.sub { @if business {
                @if ahead_ms == 0 { (lang.say(words::IN_STEP)) } @else {
                    (lang.say(if ahead_ms > 0 { words::AHEAD } else { words::BEHIND })) " " b { (parts::duration(lang, ahead_ms)) }
                }
            } @else { (lang.say(words::SHANGHAI)) } }
        }
    }
}

fn button(visit: &Visit, name: &str, class: &str, word: &str, detail: Option<&str>) -> Markup {
    html! {
        form method="post" action=(visit.link("/clock")) {
            button.button.(class) name="move" value=(name) { (word) @if let Some(detail) = detail { small { (detail) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::shanghai_text;

    #[test]
    fn statements_are_ready_at_ten_of_the_next_day_in_shanghai() {
        for (now, ready) in [
            ("2026-01-01 00:00:00", "2026-01-02 10:00:00"),
            ("2026-01-01 23:59:59", "2026-01-02 10:00:00"),
            ("2026-12-31 12:00:00", "2027-01-01 10:00:00"),
        ] {
            assert_eq!(shanghai_text(bills_after(parse_shanghai(now).unwrap()).unwrap()), ready);
        }
        assert_eq!(bills_after(i64::MAX), None);
    }

    #[test]
    fn a_browsers_date_is_read_with_seconds_and_without() {
        assert_eq!(read_local("2026-01-01T08:00:00"), Some(1_767_225_600_000));
        assert_eq!(read_local("2026-01-01T08:00"), Some(1_767_225_600_000));
        for wrong in ["", "T", "2026-01-01", "2026-13-01T08:00", "tomorrowTnoon"] {
            assert_eq!(read_local(wrong), None, "{wrong}");
        }
    }
}
