//! What is on screen, and what may change it?
//!
//! The whole checkout is one value, [`State`], and one pure function, [`reduce`]: a message in, the next
//! state and a list of [`Effect`]s out. Nothing here knows a browser, a clock or a network, so every path a
//! learner can take is tested natively. The app runs the effects and feeds their answers back as messages.
//!
//! Two rules shape it. Nothing settles an order but the server's word: a wallet payment, a return from the
//! gateway and "I have paid" all only lead to asking. And while something is being created or started, no
//! other message can start it again.

mod failure;
mod offers;
mod order;
mod payment;
mod record;
#[cfg(test)]
mod tests;
mod update;

use coursepay_core::api::{
    AttemptStatus, AttemptView, JsapiParams, OrderStatus, OrderView, ProductView, RefundPolicy, SurplusFate,
    SurplusView, WalletView, WechatLoginView,
};
use coursepay_core::device::Device;
use coursepay_core::history::StoredEvent;
use coursepay_core::method::{Channel, Method};
use coursepay_core::money::Money;

pub use failure::{Failure, Reason};
pub use offers::{Blocked, Offer};
pub use update::reduce;

/// One way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// With what.
    pub method: Method,
    /// In which way.
    pub channel: Channel,
}

/// Who pays, as far as the platform's token tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Not known yet.
    Asking,
    /// Nobody is signed in: buys as a guest.
    Visitor,
    /// Somebody is.
    SignedIn {
        /// The platform's id of the learner.
        user: String,
        /// Their wallet.
        wallet: Wallet,
    },
}

impl Learner {
    /// The platform's id, where somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Asking | Self::Visitor => None,
            Self::SignedIn { user, .. } => Some(user),
        }
    }
}

/// What is known of a learner's wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wallet {
    /// The token does not allow spending it, or there is none.
    Absent,
    /// Allowed; the balance is not known.
    Unread,
    /// Allowed, with this balance.
    Holds(WalletView),
    /// The server said that it does not cover the order.
    Short,
}

/// An order at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOrder {
    /// The order as last read.
    pub view: OrderView,
    /// What this tab remembers of it.
    pub memory: SavedOrder,
}

/// What a tab remembers of its order across a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedOrder {
    /// The order's id.
    pub id: String,
    /// Reads and pays this one order.
    pub token: Option<String>,
    /// Whose it is; a guest's is nobody's.
    pub owner: Option<String>,
    /// The learner was sent to the gateway's page and may come back from there.
    pub at_gateway: bool,
    /// The learner was sent to log in with WeChat, to go on with this order afterwards.
    pub logging_in: bool,
    /// The page was told that it is paid: telling it again on every reload could make it reload for ever.
    pub told_paid: bool,
}

impl SavedOrder {
    /// What it takes to read the order.
    #[must_use]
    pub fn key(&self) -> OrderKey {
        OrderKey { id: self.id.clone(), token: self.token.clone() }
    }
}

/// Names an order and, where the tab has one, the token that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// The order's id.
    pub id: String,
    /// The order token; without it the learner's own token must do.
    pub token: Option<String>,
}

/// How a login with WeChat ended, as the page's address tells after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// WeChat may know now who pays. Only another start of the payment shows whether it does: a browser that
    /// comes back twice is told `failed` after a login that is done.
    Over,
    /// It did not come to an end: the learner would not, or took too long, or WeChat could not.
    Unfinished,
}

impl Login {
    /// What `wechat_login=` in the page's address says.
    #[must_use]
    pub fn of_outcome(outcome: &str) -> Self {
        if ["done", "failed"].contains(&outcome) { Self::Over } else { Self::Unfinished }
    }
}

/// What became of the payment that WeChat was asked to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bridge {
    /// Paid, it says. That is for the server to say.
    Ok,
    /// The learner closed it.
    Cancelled,
    /// It did not open.
    Failed,
}

/// What the learner knows of their order's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nobody has looked.
    Unverified,
    /// It is on its way.
    Asking,
    /// It is whole, and ends in this head (hex).
    Holds {
        /// The hash of the last event.
        head: String,
    },
    /// It is not what was told of it.
    Broken,
    /// It did not arrive.
    Unread,
}

/// Everything on screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it is shown.
    pub device: Device,
    /// What is sold, once known.
    pub product: Option<ProductView>,
    /// Who pays.
    pub learner: Learner,
    /// What the tab remembered when the page opened, until it is looked up or dropped.
    pub saved: Option<SavedOrder>,
    /// The order at hand.
    pub order: Option<HeldOrder>,
    /// The learner has just been to WeChat's login for the order, and the payment was not started since.
    pub login: Option<Login>,
    /// The way to pay that the learner picked; without one the first on offer counts.
    pub picked: Option<Choice>,
    /// Methods that turned out to be switched off.
    pub switched_off: Vec<Method>,
    /// What is known of the history of the order at hand.
    pub record: Record,
    /// The last question to the server went unanswered.
    pub offline: bool,
    /// What is going on.
    pub phase: Phase,
}

/// What is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Product, learner or remembered order are on their way.
    Loading {
        /// How often it failed before.
        tries: u32,
    },
    /// They did not arrive. Asked again by itself where that can help.
    Unavailable {
        /// How often it failed.
        tries: u32,
        /// Why.
        failure: Failure,
    },
    /// The learner chooses how to pay.
    Choosing {
        /// What they should know first.
        notice: Option<Notice>,
    },
    /// The price shown was old: the new one is on its way.
    Repricing {
        /// The total that was shown, in minor units.
        was_minor: i64,
        /// How often asking failed.
        tries: u32,
    },
    /// The order is being created.
    Creating {
        /// How it will be paid.
        choice: Choice,
        /// The total the learner was shown.
        expected_total_minor: i64,
        /// How often it failed before.
        tries: u32,
    },
    /// The payment is being started.
    Starting {
        /// How it is paid.
        choice: Choice,
        /// How often it failed before.
        tries: u32,
    },
    /// A code waits to be scanned.
    Scanning {
        /// What the code says.
        content: String,
        /// After this it cannot be paid (server's clock).
        expires_at_ms: i64,
    },
    /// The browser is on its way to WeChat's login, and comes back by itself.
    LoggingIn,
    /// The browser is on its way to the gateway.
    Redirecting {
        /// The gateway's page.
        url: String,
    },
    /// WeChat shows its cashier over this page.
    InWechat,
    /// The server is asked how it stands.
    Confirming {
        /// The learner says, or their return from the gateway suggests, that they have paid. Otherwise the
        /// payment itself is still being prepared.
        claimed: bool,
    },
    /// Settled.
    Paid,
    /// It did not work; it can be tried again.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// The code or the order ran out of time.
    Expired,
    /// The learner has this already.
    AlreadyOwned,
}

impl Phase {
    /// Whether both are shown on one screen: choosing and what happens right after "pay" are.
    #[must_use]
    pub fn shares_screen(&self, other: &Self) -> bool {
        let offer = |phase: &Self| {
            use Phase::{Choosing, Creating, LoggingIn, Repricing, Starting};
            matches!(
                phase,
                Choosing { .. } | Creating { .. } | Repricing { .. } | Starting { .. } | LoggingIn
            )
        };
        std::mem::discriminant(self) == std::mem::discriminant(other) || (offer(self) && offer(other))
    }
}

/// What a learner should know before choosing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The price is another one than was shown.
    PriceChanged {
        /// The total that was shown, in minor units.
        was_minor: i64,
    },
    /// The wallet does not cover the order.
    InsufficientFunds,
    /// The chosen method is not offered for this order, or is switched off.
    MethodUnavailable,
    /// WeChat could not say who pays.
    LoginUnfinished,
    /// WeChat did not show its cashier.
    WechatNotOpened,
    /// Another tab has begun to pay the order in another way, and so ended this one.
    ChosenElsewhere,
    /// The order at hand was paid and has been refunded in full.
    Refunded,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// The product was asked for.
    ProductLoaded(Result<ProductView, Failure>),
    /// The page was asked who is there.
    LearnerKnown(Result<Learner, Failure>),
    /// The page has a new token.
    LearnerChanged,
    /// The wallet was read.
    WalletRead(Result<WalletView, Failure>),
    /// The learner picked a way to pay.
    Pick(Choice),
    /// The learner pressed "pay".
    Pay,
    /// The order was to be created.
    OrderCreated(Result<OrderView, Failure>),
    /// The payment was to be started.
    PaymentStarted(Result<AttemptView, Failure>),
    /// A login with WeChat was to begin.
    LoginStarted(Result<WechatLoginView, Failure>),
    /// WeChat's cashier is closed, or never opened.
    BridgeAnswered(Bridge),
    /// The order was read, or the gateway asked about it.
    OrderRead(Result<OrderView, Failure>),
    /// It is time to ask again.
    PollDue,
    /// The learner says that they have paid.
    SaidPaid,
    /// The learner wants to see the code, or the gateway's page, again.
    ShowCode,
    /// The learner wants another way to pay.
    ChangeMethod,
    /// The learner wants to try again.
    TryAgain,
    /// The countdown reached its end.
    DeadlinePassed,
    /// The learner looks at the page again.
    PageShown,
    /// The learner wants the history of their order verified.
    VerifyRecord,
    /// The history was read.
    HistoryRead(Result<Vec<StoredEvent>, Failure>),
    /// The pause before a repeat is over, or the network is back.
    RetryDue,
}

/// What the app shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the product → [`Msg::ProductLoaded`].
    LoadProduct,
    /// Ask the page who is there → [`Msg::LearnerKnown`].
    AskLearner,
    /// Read the wallet → [`Msg::WalletRead`].
    ReadWallet {
        /// Whose.
        user: String,
    },
    /// Create the order → [`Msg::OrderCreated`].
    CreateOrder {
        /// The total the learner was shown.
        expected_total_minor: i64,
    },
    /// Start a payment → [`Msg::PaymentStarted`].
    StartPayment {
        /// For which order.
        order: OrderKey,
        /// In which way.
        choice: Choice,
    },
    /// Ask where WeChat says who pays → [`Msg::LoginStarted`].
    StartLogin(OrderKey),
    /// Have WeChat show its cashier → [`Msg::BridgeAnswered`].
    OpenWechat {
        /// What its bridge is handed.
        params: JsapiParams,
    },
    /// Read the order → [`Msg::OrderRead`].
    ReadOrder(OrderKey),
    /// Have the gateway asked about the order → [`Msg::OrderRead`].
    CheckOrder(OrderKey),
    /// Read the order's history → [`Msg::HistoryRead`].
    ReadHistory(OrderKey),
    /// Send a [`Msg::RetryDue`] later.
    RetryAfter {
        /// In how many milliseconds.
        delay_ms: u32,
    },
    /// Leave for the gateway's page.
    GoTo {
        /// Its address.
        url: String,
    },
    /// Remember the order in this tab.
    Save(SavedOrder),
    /// Forget it.
    Forget,
    /// Tell the page.
    Tell(Event),
}

/// What the page is told, as DOM events of the element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `coursepay:order`: an order is at hand.
    Order {
        /// Its id.
        order_id: String,
    },
    /// `coursepay:paid`: it is settled.
    Paid {
        /// Its id.
        order_id: String,
    },
    /// `coursepay:error`: the learner sees a failure.
    Error {
        /// The stable code.
        code: String,
    },
}

/// How the server is asked from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// What does the server know of an open order?
    Read,
    /// And what does the gateway know?
    Check,
    /// Is the money back that came for an order that is over? It may take seconds or days.
    Return,
}

impl State {
    /// The first state, with what the tab remembers of an order and what the address says of a login, and what
    /// to load for it.
    #[must_use]
    pub fn start(device: Device, saved: Option<SavedOrder>, login: Option<Login>) -> (Self, Vec<Effect>) {
        // Another checkout's login, or none that this tab began.
        let login = login.filter(|_| saved.as_ref().is_some_and(|saved| saved.logging_in));
        let state = Self {
            device,
            product: None,
            learner: Learner::Asking,
            saved,
            order: None,
            login,
            picked: None,
            switched_off: Vec::new(),
            record: Record::Unverified,
            offline: false,
            phase: Phase::Loading { tries: 0 },
        };
        (state, vec![Effect::LoadProduct, Effect::AskLearner])
    }

    /// What the learner reads as the thing sold: the order's own words once there is one.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        let ordered = self.order.as_ref().and_then(|held| held.view.lines.first()).map(|line| &line.title);
        ordered.or(self.product.as_ref().map(|product| &product.title)).map(String::as_str)
    }

    /// What is to be paid: the order's total once there is one, else the product's price.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        if let Some(held) = &self.order {
            return Money::new(held.view.total_minor, held.view.currency).ok();
        }
        let price = self.product.as_ref()?.prices.first()?;
        Money::new(price.amount_minor, price.currency).ok()
    }

    /// When what is sold is refunded, where that is limited: the order's own word once there is one.
    #[must_use]
    pub fn refund_policy(&self) -> Option<RefundPolicy> {
        match self.order.as_ref().and_then(|held| held.view.lines.first()) {
            Some(line) => line.refund_policy,
            None => self.product.as_ref()?.refund_policy,
        }
    }

    /// The order, while it can be paid.
    #[must_use]
    pub fn open_order(&self) -> Option<&HeldOrder> {
        self.order.as_ref().filter(|held| held.view.status == OrderStatus::AwaitingPayment)
    }

    /// The attempt that counts, while the order can be paid.
    #[must_use]
    pub fn attempt(&self) -> Option<&AttemptView> {
        self.open_order()?.view.attempt.as_ref()
    }

    /// Whether the money is on its way and all that is left to do is to wait.
    #[must_use]
    pub fn is_processing(&self) -> bool {
        self.attempt().is_some_and(|attempt| attempt.status == AttemptStatus::Processing)
    }

    /// What came for the order at hand and could not settle it.
    #[must_use]
    pub fn surplus(&self) -> &[SurplusView] {
        self.order.as_ref().map_or(&[], |held| &held.view.surplus)
    }

    fn is_returning(&self) -> bool {
        self.surplus().iter().any(|piece| piece.fate == SurplusFate::Returning)
    }

    /// Whether and how the server is to be asked from time to time.
    #[must_use]
    pub fn watch(&self) -> Option<Watch> {
        let Some(attempt) = self.attempt() else {
            let is_over = matches!(self.phase, Phase::Paid | Phase::Expired);
            return (is_over && self.is_returning()).then_some(Watch::Return);
        };
        match self.phase {
            // What takes a bank days is told by a callback.
            Phase::Confirming { .. } if attempt.method != Method::Wallet && !self.is_processing() => {
                Some(Watch::Check)
            }
            Phase::Confirming { .. }
            | Phase::Scanning { .. }
            | Phase::InWechat
            | Phase::Redirecting { .. }
            | Phase::Choosing { .. }
            | Phase::Failed { .. }
            | Phase::Expired => Some(Watch::Read),
            Phase::Loading { .. }
            | Phase::Unavailable { .. }
            | Phase::Repricing { .. }
            | Phase::Creating { .. }
            | Phase::Starting { .. }
            | Phase::LoggingIn
            | Phase::Paid
            | Phase::AlreadyOwned => None,
        }
    }

    /// Whether "pay" can be pressed.
    #[must_use]
    pub fn can_pay(&self) -> bool {
        matches!(self.phase, Phase::Choosing { .. })
            && self.learner != Learner::Asking
            && self.price().is_some()
            && self.chosen().is_some()
    }
}
