//! How much time is left?

use std::rc::Rc;

use gloo_timers::callback::Interval;
use yew::{Callback, Component, Context, Html, Properties};

use crate::browser::local_ms;
use crate::clock::ServerClock;
use crate::components::el::el;
use crate::state::Msg;
use crate::text::duration;

/// Below this the time is shown as urgent.
const URGENT_MS: i64 = 60_000;

/// Until when, by which clock.
#[derive(Clone, Properties)]
pub(crate) struct Props {
    pub(crate) expires_at_ms: i64,
    pub(crate) clock: Rc<ServerClock>,
    pub(crate) label: &'static str,
    /// Hears of the end, once.
    pub(crate) act: Callback<Msg>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        // The callback is made anew with every screen and means the same.
        self.expires_at_ms == other.expires_at_ms
            && self.label == other.label
            && Rc::ptr_eq(&self.clock, &other.clock)
    }
}

/// Minutes and seconds, counting down. Reads the clock at every tick, so a laptop that slept is right at
/// once; the interval stops with the component.
pub(crate) struct Countdown {
    shown: String,
    ended: bool,
    _ticks: Interval,
}

impl Component for Countdown {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let ticks = Interval::new(250, move || link.send_message(()));
        Self { shown: duration(left_ms(ctx.props())), ended: false, _ticks: ticks }
    }

    fn update(&mut self, ctx: &Context<Self>, (): ()) -> bool {
        let left_ms = left_ms(ctx.props());
        if left_ms <= 0 && !self.ended {
            self.ended = true;
            ctx.props().act.emit(Msg::DeadlinePassed);
        }
        let shown = duration(left_ms);
        let changed = shown != self.shown;
        self.shown = shown;
        changed
    }

    fn changed(&mut self, ctx: &Context<Self>, _old: &Props) -> bool {
        self.ended = false;
        self.shown = duration(left_ms(ctx.props()));
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let urgent = left_ms(ctx.props()) < URGENT_MS;
        el("p")
            .class(if urgent { "countdown urgent" } else { "countdown" })
            .set("part", "countdown")
            .set("role", "timer")
            .text(ctx.props().label)
            .child(el("span").class("time").words(self.shown.clone()))
            .done()
    }
}

fn left_ms(props: &Props) -> i64 {
    props.expires_at_ms.saturating_sub(props.clock.now_ms(local_ms()))
}
