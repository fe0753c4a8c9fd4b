//! What follows from paying: starting a payment, doing what it asks for, and coming back from there?
//!
//! Nothing that the learner brings back is believed: neither a return from the gateway nor what WeChat says
//! settles anything, and both lead to asking the server.

use coursepay_core::api::{Action, AttemptStatus, AttemptView, OrderStatus, WechatLoginView};
use coursepay_core::device::Device;
use coursepay_core::method::{GatewayId, Method};

use super::offers::IN_WECHAT;
use super::{Bridge, Choice, Effect, Failure, Learner, Login, Notice, Phase, Reason, State, Wallet};
use crate::pace::{MAX_TRIES, retry_delay_ms};

impl State {
    /// Starts paying the open order, or shows again what is already under way in just this way.
    pub(super) fn begin(&mut self, choice: Choice, now_ms: i64, effects: &mut Vec<Effect>) {
        let under_way = self.attempt().filter(|attempt| {
            attempt.status == AttemptStatus::Pending
                && (attempt.method, attempt.channel) == (choice.method, choice.channel)
                && match &attempt.action {
                    Action::QrCode { expires_at_ms, .. } => now_ms < *expires_at_ms,
                    Action::Redirect { .. } | Action::Jsapi { .. } => !is_wechats(attempt),
                    Action::None => false,
                }
        });
        if let Some(action) = under_way.map(|attempt| attempt.action.clone()) {
            self.act(action, now_ms, effects);
        } else if let Some(held) = self.open_order() {
            let order = held.memory.key();
            self.phase = Phase::Starting { choice, tries: 0 };
            effects.push(Effect::StartPayment { order, choice });
        }
    }

    pub(super) fn payment_started(
        &mut self,
        answer: Result<AttemptView, Failure>,
        now_ms: i64,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Starting { choice, tries } = self.phase else { return };
        let attempt = match answer {
            Ok(attempt) => attempt,
            Err(failure) => return self.not_started(failure, choice, tries, effects),
        };
        self.login = None;
        let (status, action, failure) = (attempt.status, attempt.action.clone(), attempt.failure);
        if let Some(held) = &mut self.order {
            held.view.attempt = Some(attempt);
        }
        match status {
            AttemptStatus::Failed => self.fail(Reason::of(failure, Reason::Declined), effects),
            AttemptStatus::Closed => self.fail(Reason::of(failure, Reason::Closed), effects),
            AttemptStatus::Paid | AttemptStatus::Processing => self.act(Action::None, now_ms, effects),
            AttemptStatus::Created | AttemptStatus::Pending | AttemptStatus::Unknown => {
                self.act(action, now_ms, effects);
            }
        }
    }

    /// The server, or the way to it, does not let the payment begin.
    fn not_started(&mut self, failure: Failure, choice: Choice, tries: u32, effects: &mut Vec<Effect>) {
        if failure.is("wechat_login_required") {
            self.log_in(effects);
        } else if failure.is("insufficient_funds") {
            if let Learner::SignedIn { user, wallet } = &mut self.learner {
                *wallet = Wallet::Short;
                effects.push(Effect::ReadWallet { user: user.clone() });
            }
            self.phase = Phase::Choosing { notice: Some(Notice::InsufficientFunds) };
        } else if is_switched_off(&failure) {
            self.switched_off.push(choice.method);
            self.phase = Phase::Choosing { notice: Some(Notice::MethodUnavailable) };
        } else if failure.is_transient() && tries < MAX_TRIES {
            let tries = tries.saturating_add(1);
            self.phase = Phase::Starting { choice, tries };
            effects.push(Effect::RetryAfter { delay_ms: retry_delay_ms(tries) });
        } else if failure.is("order_paid") {
            self.phase = Phase::Confirming { claimed: true };
            self.read(effects);
        } else if failure.is("payment_processing") {
            self.phase = Phase::Confirming { claimed: true };
            self.ask_gateway(effects);
        } else if failure.is("order_expired") || failure.is("order_cancelled") {
            if let Some(held) = &mut self.order {
                held.view.status = OrderStatus::Expired;
            }
            self.phase = Phase::Expired;
            // Money that came in late still has the last word.
            self.read(effects);
        } else {
            self.refused(failure, effects);
        }
    }

    /// Has WeChat say who pays, unless it just did not: the browser must not go round in circles.
    fn log_in(&mut self, effects: &mut Vec<Effect>) {
        if self.login.take().is_some() {
            self.phase = Phase::Choosing { notice: Some(Notice::LoginUnfinished) };
        } else if let Some(held) = &self.order {
            effects.push(Effect::StartLogin(held.memory.key()));
        }
    }

    pub(super) fn login_started(
        &mut self,
        answer: Result<WechatLoginView, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Starting { choice, tries } = self.phase else { return };
        match answer {
            Ok(WechatLoginView { url, .. }) if is_web_address(&url) => {
                if let Some(held) = &mut self.order {
                    held.memory.logging_in = true;
                    effects.push(Effect::Save(held.memory.clone()));
                }
                effects.push(Effect::GoTo { url });
                self.phase = Phase::LoggingIn;
            }
            Ok(_) => self.fail(Reason::Server(Failure::Unreadable), effects),
            Err(failure) => self.not_started(failure, choice, tries, effects),
        }
    }

    /// Goes on with the order that the learner logged in for.
    pub(super) fn go_on_after_login(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if let Some(held) = &mut self.order {
            held.memory.logging_in = false;
            effects.push(Effect::Save(held.memory.clone()));
        }
        let offered = self.offers().iter().any(|offer| offer.choice == IN_WECHAT && offer.blocked.is_none());
        if offered && self.login == Some(Login::Over) {
            self.picked = Some(IN_WECHAT);
            self.begin(IN_WECHAT, now_ms, effects);
        } else {
            self.login = None;
            self.phase = Phase::Choosing { notice: Some(Notice::LoginUnfinished) };
        }
    }

    /// Does what the attempt asks the page to do.
    pub(super) fn act(&mut self, action: Action, now_ms: i64, effects: &mut Vec<Effect>) {
        match action {
            Action::QrCode { expires_at_ms, .. } if expires_at_ms <= now_ms => self.phase = Phase::Expired,
            Action::QrCode { content, expires_at_ms } => {
                self.phase = Phase::Scanning { content, expires_at_ms };
            }
            Action::Redirect { url } if is_web_address(&url) => {
                if let Some(held) = &mut self.order {
                    held.memory.at_gateway = true;
                    effects.push(Effect::Save(held.memory.clone()));
                }
                effects.push(Effect::GoTo { url: url.clone() });
                self.phase = Phase::Redirecting { url };
            }
            Action::Jsapi { params } if self.device == Device::WeChat => {
                effects.push(Effect::OpenWechat { params });
                self.phase = Phase::InWechat;
            }
            // The second is for a way to pay that no other page asks for.
            Action::Redirect { .. } | Action::Jsapi { .. } => {
                self.fail(Reason::Server(Failure::Unreadable), effects);
            }
            Action::None => {
                self.phase = Phase::Confirming { claimed: false };
                self.read(effects);
            }
        }
    }

    /// WeChat's cashier is gone. Whatever it says, the server is asked.
    pub(super) fn bridge_answered(&mut self, answer: Bridge, effects: &mut Vec<Effect>) {
        if self.phase != Phase::InWechat {
            return;
        }
        self.phase = match answer {
            Bridge::Ok => Phase::Confirming { claimed: true },
            Bridge::Cancelled => Phase::Choosing { notice: None },
            Bridge::Failed => Phase::Choosing { notice: Some(Notice::WechatNotOpened) },
        };
        self.ask_gateway(effects);
    }

    /// The learner says, or their return suggests, that they have paid.
    pub(super) fn claim(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Scanning { .. } | Phase::Redirecting { .. } | Phase::InWechat) {
            self.phase = Phase::Confirming { claimed: true };
            self.ask_gateway(effects);
        }
    }

    pub(super) fn show_again(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let Some(attempt) = self.attempt() else { return };
        if !matches!(self.phase, Phase::Confirming { .. } | Phase::InWechat) {
            return;
        }
        let choice = Choice { method: attempt.method, channel: attempt.channel };
        match attempt.action.clone() {
            Action::Redirect { .. } | Action::Jsapi { .. } if is_wechats(attempt) => {
                self.begin(choice, now_ms, effects);
            }
            action @ Action::QrCode { .. } => self.act(action, now_ms, effects),
            // Shown as a link: the learner decides whether to leave the page once more.
            Action::Redirect { url } if is_web_address(&url) => self.phase = Phase::Redirecting { url },
            Action::Redirect { .. } | Action::Jsapi { .. } | Action::None => {}
        }
    }
}

/// WeChat's page works for one address and some minutes, its ticket for one person: whether they still do is
/// for the server to say, which is asked each time.
fn is_wechats(attempt: &AttemptView) -> bool {
    attempt.method == Method::External(GatewayId::WechatPay)
}

/// Only pages are gone to: a `javascript:` address from a broken answer must not run here.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Whether the server says that this way to pay cannot be had at all, not just now.
fn is_switched_off(failure: &Failure) -> bool {
    ["gateway_off", "method_not_available", "wallet_not_allowed"].iter().any(|code| failure.is(code))
}
