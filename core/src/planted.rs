//! Which known failure of payment systems is built in? None, but for the simulation, which must find each of them.
//!
//! A place that a bug can be planted in asks [`has`]. Without the feature `planted` that is always no, and what would
//! follow is left out: by the compiler, or by `cfg` where it is more than a line. The feature is for `cargo xtask simulate --planted` alone; no Worker can be built
//! with it.

#[cfg(all(feature = "planted", target_arch = "wasm32"))]
compile_error!("the feature `planted` is for the simulation: a Worker with it would lose money");

/// A failure that real systems have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Two callbacks at once book the same money twice.
    SettledTwice,
    /// A success on an attempt that was closed is dropped.
    LateSuccessDropped,
    /// A refund that is tried again gets a new number, and is paid twice.
    RefundNumberRegenerated,
    /// The browser coming back from the gateway is taken for its word.
    ReturnTrusted,
    /// One gateway's callback settles a payment through another.
    ForeignCallbackAccepted,
    /// A callback is acknowledged, whether or not its effect was committed.
    AcknowledgedBeforeCommit,
    /// A callback is noted as seen before its effect is committed.
    DeduplicatedBeforeApply,
    /// Who lost a race takes it for done.
    LostRaceTakenAsHandled,
    /// All of an order goes back where one line was asked for.
    WholeOrderRefundedForLine,
    /// What was said earlier and comes later wins.
    OlderOverwritesNewer,
    /// An order expires that was paid meanwhile.
    ExpiredWhilePaid,
    /// A wallet's balance is looked at, and nothing guards it afterwards.
    WalletOverdrawn,
    /// A creator's share is rounded up.
    ShareRoundedUp,
    /// Each part of a refund is split by itself, so that the parts do not sum to the whole.
    RefundSplitByItself,
    /// Messages are written after what they tell of.
    MessagesAfterCommit,
    /// A key that a crash left behind is in progress for ever.
    KeyStuckAfterCrash,
    /// A refund that is not answered in time is taken for refused.
    TimeoutTakenAsFailure,
    /// A creator can be paid what is on its way back to the buyer.
    ShareFreeWhileRefundPending,
    /// Money that came too late is booked and stays.
    SurplusKept,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::SettledTwice,
        Self::LateSuccessDropped,
        Self::RefundNumberRegenerated,
        Self::ReturnTrusted,
        Self::ForeignCallbackAccepted,
        Self::AcknowledgedBeforeCommit,
        Self::DeduplicatedBeforeApply,
        Self::LostRaceTakenAsHandled,
        Self::WholeOrderRefundedForLine,
        Self::OlderOverwritesNewer,
        Self::ExpiredWhilePaid,
        Self::WalletOverdrawn,
        Self::ShareRoundedUp,
        Self::RefundSplitByItself,
        Self::MessagesAfterCommit,
        Self::KeyStuckAfterCrash,
        Self::TimeoutTakenAsFailure,
        Self::ShareFreeWhileRefundPending,
        Self::SurplusKept,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in this thread, or none.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is planted.
#[cfg(feature = "planted")]
#[must_use]
pub fn has(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn has(_bug: Bug) -> bool {
    false
}
