//! Which screen for which state, and who carries out what the reducer wants?

mod effects;

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FocusOptions, HtmlElement};
use yew::{Component, Context, Html, NodeRef, Properties};

use crate::browser::{self, Listener, local_ms};
use crate::client::Client;
use crate::clock::ServerClock;
use crate::components::screen::{Screen, screen};
use crate::poll::Poller;
use crate::state::{Effect, Msg, Phase, State, reduce};
use crate::storage::Memory;
use crate::text::Lang;
use crate::token::Tokens;

/// What the element says.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Props {
    /// What is sold.
    pub(crate) product: String,
    /// The Worker's address.
    pub(crate) api: String,
    /// Where the page mints tokens.
    pub(crate) token_url: Option<String>,
    /// The page's token, or a function that gives it.
    pub(crate) token: JsValue,
    /// In which language.
    pub(crate) lang: Lang,
    /// Where events are dispatched.
    pub(crate) host: HtmlElement,
}

/// Everything that reaches outside, for one product and token source.
struct Outside {
    client: Client,
    tokens: Tokens,
    memory: Memory,
    clock: Rc<ServerClock>,
    product: String,
}

impl Outside {
    fn new(props: &Props, clock: Rc<ServerClock>) -> Rc<Self> {
        Rc::new(Self {
            client: Client::new(&props.api, clock.clone()),
            tokens: Tokens::new(props.token.clone(), props.token_url.clone(), props.product.clone()),
            memory: Memory::new(&props.api, &props.product),
            clock,
            product: props.product.clone(),
        })
    }

    /// Where a checkout begins on this device, in this tab.
    fn start(&self) -> (State, Vec<Effect>) {
        State::start(browser::device(), self.memory.order(), browser::login())
    }
}

/// The checkout.
pub(crate) struct App {
    state: State,
    outside: Rc<Outside>,
    poller: Poller,
    retry: Option<Timeout>,
    /// The learner has acted, so the focus follows from screen to screen.
    engaged: bool,
    /// The phase on screen.
    shown: Phase,
    heading: NodeRef,
    /// Answers to questions of an earlier product carry an older number and are dropped.
    generation: u32,
    _listeners: Vec<Listener>,
}

/// A message, or something the browser says.
pub(crate) enum Signal {
    /// For the reducer, from the product of this generation.
    Answer(u32, Msg),
    /// For the reducer, from the learner or a timer.
    Act(Msg),
    /// The page came into view, by tab, app switch or the browser's back button.
    Shown,
    /// The network is back.
    Online,
}

impl Component for App {
    type Message = Signal;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let outside = Outside::new(ctx.props(), Rc::default());
        let (state, effects) = outside.start();
        if state.login.is_some() {
            ctx.props().host.scroll_into_view();
        }
        let window = browser::window();
        let on = |target: &web_sys::EventTarget, name, signal: fn() -> Signal| {
            let link = ctx.link().clone();
            Listener::new(target, name, move || link.send_message(signal()))
        };
        let mut listeners =
            vec![on(&window, "pageshow", || Signal::Shown), on(&window, "online", || Signal::Online)];
        if let Some(document) = browser::document() {
            listeners.push(on(&document, "visibilitychange", || Signal::Shown));
        }
        let mut app = Self {
            state,
            outside,
            poller: Poller::new(ctx.link().callback(|()| Signal::Act(Msg::PollDue))),
            retry: None,
            engaged: false,
            shown: Phase::Loading { tries: 0 },
            heading: NodeRef::default(),
            generation: 0,
            _listeners: listeners,
        };
        app.run(ctx, effects);
        app
    }

    fn update(&mut self, ctx: &Context<Self>, signal: Signal) -> bool {
        match signal {
            Signal::Answer(generation, _) if generation != self.generation => false,
            Signal::Answer(_, msg) => {
                let polled = matches!(msg, Msg::OrderRead(_));
                let changed = self.step(ctx, msg);
                if polled {
                    self.poller.answered();
                }
                changed
            }
            Signal::Act(msg) => {
                if msg == Msg::RetryDue {
                    self.retry = None;
                }
                self.engaged |= !matches!(msg, Msg::PollDue | Msg::RetryDue | Msg::DeadlinePassed);
                self.step(ctx, msg)
            }
            Signal::Shown if !browser::is_visible() => false,
            Signal::Shown => {
                let changed = self.step(ctx, Msg::PageShown);
                if !changed {
                    self.poller.wake();
                }
                changed
            }
            Signal::Online => {
                self.poller.wake();
                // Without a pending repeat there is nothing to hurry.
                self.retry.take().is_some() && self.step(ctx, Msg::RetryDue)
            }
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        if (&new.product, &new.api) != (&old.product, &old.api) {
            self.generation = self.generation.wrapping_add(1);
            self.retry = None;
            self.outside = Outside::new(new, Rc::default());
            let (state, effects) = self.outside.start();
            self.state = state;
            self.poller.set(None);
            self.run(ctx, effects);
        } else if (&new.token, &new.token_url) != (&old.token, &old.token_url) {
            self.outside = Outside::new(new, self.outside.clock.clone());
            self.step(ctx, Msg::LearnerChanged);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let act = ctx.link().callback(Signal::Act);
        let clock = self.outside.clock.clone();
        let lang = ctx.props().lang;
        screen(&Screen { state: &self.state, lang, clock, act, heading: self.heading.clone() }).done()
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        let same = self.state.phase.shares_screen(&self.shown);
        self.shown = self.state.phase.clone();
        if same || !self.engaged {
            return;
        }
        // The button that had the focus is gone with its screen: without this a keyboard or screen reader
        // would be thrown back to the top of the page. Whoever is elsewhere on the page stays there.
        let elsewhere = browser::document()
            .and_then(|document| document.active_element())
            .is_some_and(|active| active.tag_name() != "BODY" && active.tag_name() != "COURSEPAY-CHECKOUT");
        if let (false, Some(heading)) = (elsewhere, self.heading.get()) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = heading.unchecked_into::<HtmlElement>().focus_with_options(&options);
        }
    }
}

impl App {
    /// Lets the reducer decide and carries out what it wants. Tells whether anything on screen changed.
    fn step(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let now_ms = self.outside.clock.now_ms(local_ms());
        let (state, effects) = reduce(self.state.clone(), msg, now_ms);
        let changed = state != self.state;
        self.state = state;
        self.run(ctx, effects);
        self.poller.set(self.state.watch());
        changed
    }
}
