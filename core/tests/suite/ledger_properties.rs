//! What holds after any sequence of commands? Books balance, money is booked once, nothing goes backwards.

use std::collections::{BTreeMap, BTreeSet};

use coursepay_core::api::Action;
use coursepay_core::attempt::{Attempt, AttemptState, Step, Terms};
use coursepay_core::currency::Currency;
use coursepay_core::decision::{Decision, MessageKind};
use coursepay_core::dispute::{Dispute, DisputeNews, DisputeReport, DisputeState};
use coursepay_core::id::{AttemptId, ProductId, RefundId};
use coursepay_core::ledger::{Entry, EntryKind, Side};
use coursepay_core::method::{Channel, GatewayId, Method};
use coursepay_core::money::{FULL_SHARE_BPS, MAX_MINOR, Money};
use coursepay_core::order::event::{Head, chain_hash};
use coursepay_core::order::{Ending, Line, Order, OrderState, RefundWish, Refusal, Report, Start};
use coursepay_core::refund::{Grounds, Purpose, Refund, RefundNews, RefundReport, RefundState, Stranded};
use proptest::prelude::*;

use crate::changes::are_all_named;
use crate::fixture::{START, alice, cny, ids, line, order_of, product};

#[derive(Clone, Debug)]
enum Command {
    Start(Channel),
    Report(prop::sample::Index, Report),
    Wallet,
    End(Ending),
    Refund(RefundWish),
    RefundReport(prop::sample::Index, RefundNews),
    /// About one of three disputes.
    Dispute(prop::sample::Index, u8, DisputeNews, i64),
    /// The buyer comes to own a line's product through another order.
    Own(prop::sample::Index),
    Wait(i64),
}

fn reports() -> impl Strategy<Value = Report> {
    let action = Action::QrCode { content: "https://qr.example/1".to_owned(), expires_at_ms: START.ms() };
    prop_oneof![
        2 => Just(Report::Accepted { action, gateway_ref: None }),
        1 => Just(Report::Refused("ACQ.INVALID_PARAMETER".to_owned())),
        1 => Just(Report::Unanswered(Step::Create)),
        1 => Just(Report::Unanswered(Step::Close)),
        1 => Just(Report::Waiting),
        1 => Just(Report::Declined("generic_decline".to_owned())),
        1 => Just(Report::Processing),
        3 => Just(Report::Closed),
        3 => (0_u32..4).prop_map(|no| Report::Paid { gateway_no: no.to_string(), at: START }),
    ]
}

fn wishes() -> impl Strategy<Value = RefundWish> {
    let some =
        |names: Vec<usize>| RefundWish::Lines(names.iter().map(|n| product(&format!("p{n}"))).collect());
    prop_oneof![
        1 => Just(RefundWish::Everything),
        1 => prop::collection::vec(0_usize..4, 1..3).prop_map(some),
        4 => (1_i64..3_000_000).prop_map(RefundWish::Amount),
    ]
}

fn refund_news() -> impl Strategy<Value = RefundNews> {
    let code = || "CLOSED".to_owned();
    prop_oneof![
        1 => Just(RefundNews::Pending),
        3 => Just(RefundNews::Done { at: START }),
        2 => Just(RefundNews::Failed { code: code() }),
        1 => Just(RefundNews::Stuck { code: code() }),
    ]
}

fn dispute_news() -> impl Strategy<Value = DisputeNews> {
    prop_oneof![2 => Just(DisputeNews::Open), 1 => Just(DisputeNews::Won), 1 => Just(DisputeNews::Lost)]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let channel = prop::sample::select(vec![Channel::Qr, Channel::Redirect, Channel::Mobile]);
    let command = prop_oneof![
        3 => channel.prop_map(Command::Start),
        6 => (any::<prop::sample::Index>(), reports()).prop_map(|(index, report)| Command::Report(index, report)),
        1 => Just(Command::Wallet),
        4 => wishes().prop_map(Command::Refund),
        2 => (any::<prop::sample::Index>(), 0_u8..3, dispute_news(), 1_i64..10_000_000)
            .prop_map(|(index, no, news, minor)| Command::Dispute(index, no, news, minor)),
        4 => (any::<prop::sample::Index>(), refund_news())
            .prop_map(|(index, news)| Command::RefundReport(index, news)),
        1 => Just(Command::End(Ending::Expire)),
        1 => Just(Command::End(Ending::Cancel)),
        1 => any::<prop::sample::Index>().prop_map(Command::Own),
        2 => (1_i64..1_200_000).prop_map(Command::Wait),
    ];
    prop::collection::vec(command, 1..40)
}

fn carts() -> impl Strategy<Value = Vec<Line>> {
    let shares = (0_u32..=FULL_SHARE_BPS).prop_flat_map(|first| (Just(first), 0..=FULL_SHARE_BPS - first));
    prop::collection::vec((1_i64..=10_000_000, shares), 1..4).prop_map(|nets| {
        let named = nets.into_iter().enumerate();
        named
            .map(|(n, (net, (lin, mei)))| line(&format!("p{n}"), cny(net), &[("lin", lin), ("mei", mei)]))
            .collect()
    })
}

/// What storage would hold after all decisions so far.
struct Books {
    order: Order,
    entries: Vec<Entry>,
    grants: Vec<ProductId>,
    messages: usize,
    owned: BTreeSet<ProductId>,
    /// Lines that were wholly with the buyer again, once. They stay closed.
    closed: BTreeSet<ProductId>,
    now_ms: i64,
    decisions: u8,
}

impl Books {
    fn open(lines: Vec<Line>) -> Self {
        Self {
            order: order_of(lines),
            entries: Vec::new(),
            grants: Vec::new(),
            messages: 0,
            owned: BTreeSet::new(),
            closed: BTreeSet::new(),
            now_ms: 0,
            decisions: 10,
        }
    }

    fn ids(&mut self) -> coursepay_core::id::IdSource {
        self.decisions += 1;
        ids(self.now_ms, self.decisions)
    }

    fn owned(&self) -> Vec<ProductId> {
        self.owned.iter().cloned().collect()
    }

    fn obey(&mut self, command: &Command) {
        let owned = self.owned();
        match command {
            Command::Start(channel) => {
                let (gateway, terms, mut ids) = (GatewayId::Alipay, Terms::default(), self.ids());
                let started = self.order.start_payment(gateway, *channel, terms, &owned, &mut ids);
                match started {
                    Ok(Start::New(decision, _)) => self.commit(*decision),
                    Ok(Start::Live(_)) => {}
                    Err(refusal) => is_no_fault_of_ours(&refusal),
                }
            }
            Command::Report(index, report) => {
                if self.order.attempts.is_empty() {
                    return;
                }
                self.hear(index.get(&self.order.attempts).id, report);
            }
            Command::Wallet => {
                let mut ids = self.ids();
                let decided = self.order.pay_by_wallet(&alice(), &owned, &mut ids);
                self.commit_unless_refused(decided);
            }
            Command::End(ending) => {
                let mut ids = self.ids();
                let decided = self.order.end(*ending, &mut ids);
                self.commit_unless_refused(decided);
            }
            Command::Refund(wish) => {
                let mut ids = self.ids();
                let decided = self.order.request_refund(
                    wish,
                    "r".to_owned(),
                    Grounds::default(),
                    Some(&alice()),
                    &mut ids,
                );
                self.commit_unless_refused(decided.map(|(decision, _)| decision));
            }
            Command::RefundReport(index, news) => {
                let by_gateway = |id| self.order.attempt(id).unwrap().method != Method::Wallet;
                let refunds: Vec<_> =
                    self.order.refunds.iter().filter(|refund| by_gateway(refund.attempt)).collect();
                if refunds.is_empty() {
                    return;
                }
                self.hear_of_refund(index.get(&refunds).id, news);
            }
            Command::Dispute(index, no, news, minor) => {
                let paid = |attempt: &&Attempt| {
                    attempt.method != Method::Wallet && matches!(attempt.state, AttemptState::Paid(_))
                };
                let paid: Vec<_> = self.order.attempts.iter().filter(paid).collect();
                if paid.is_empty() {
                    return;
                }
                let attempt = index.get(&paid);
                let (id, amount) = (attempt.id, cny((*minor).min(attempt.amount.minor())));
                self.hear_of_dispute(id, &format!("du_{no}"), amount, *news);
            }
            Command::Own(index) => {
                self.owned.insert(index.get(&self.order.lines).product.clone());
            }
            Command::Wait(ms) => self.now_ms += ms,
        }
    }

    /// Takes a report in, and once more.
    fn hear(&mut self, attempt: AttemptId, report: &Report) {
        let mut ids = self.ids();
        let decision = self.order.report(attempt, report.clone(), &self.owned(), &mut ids).unwrap();
        self.commit(decision);
        let mut ids = self.ids();
        let repeat = self.order.report(attempt, report.clone(), &self.owned(), &mut ids).unwrap();
        assert!(repeat.is_no_op(), "a repeat of {report:?} changes nothing");
        assert_eq!(repeat.order, self.order);
    }

    /// Takes a report of a refund in, and once more.
    fn hear_of_refund(&mut self, refund: RefundId, news: &RefundNews) {
        for is_repeat in [false, true] {
            let mut ids = self.ids();
            let report = RefundReport { gateway_no: None, news: news.clone() };
            let decision = self.order.report_refund(refund, report, &mut ids).unwrap();
            // Told twice that it failed, after it had succeeded: taken back, and that is that.
            assert!(!is_repeat || decision.is_no_op(), "a repeat of {news:?} changes nothing");
            self.commit(decision);
        }
    }

    /// Takes a report of a dispute in, and once more.
    fn hear_of_dispute(&mut self, attempt: AttemptId, gateway_no: &str, amount: Money, news: DisputeNews) {
        for is_repeat in [false, true] {
            let mut ids = self.ids();
            let (gateway_no, reason) = (gateway_no.to_owned(), "fraudulent".to_owned());
            let report = DisputeReport { gateway_no, amount, reason, evidence_due_at: None, news };
            let decision = self.order.report_dispute(attempt, report, &mut ids).unwrap();
            assert!(!is_repeat || decision.is_no_op(), "a repeat of {news:?} changes nothing");
            self.commit(decision);
        }
    }

    fn commit_unless_refused(&mut self, decided: Result<Decision, Refusal>) {
        match decided {
            Ok(decision) => self.commit(decision),
            Err(refusal) => is_no_fault_of_ours(&refusal),
        }
    }

    fn commit(&mut self, decision: Decision) {
        chains(&self.order.head, &decision);
        are_all_named(&self.order, &decision);
        goes_forward(&self.order, &decision.order);
        assert!(!decision.is_no_op() || (decision.entries.is_empty() && decision.order == self.order));
        let sold_again = decision.grants.iter().any(|grant| self.owned.contains(&grant.product));
        assert!(!sold_again, "nothing owned is sold again");
        self.owned.extend(decision.grants.iter().map(|grant| grant.product.clone()));
        self.grants.extend(decision.grants.into_iter().map(|grant| grant.product));
        for product in &decision.revoked {
            assert!(self.owned.remove(product), "what is closed was open");
            self.grants.retain(|granted| granted != product);
        }
        self.entries.extend(decision.entries);
        let told_paid = decision.messages.iter().filter(|message| message.kind == MessageKind::OrderPaid);
        self.messages += told_paid.count();
        self.order = decision.order;
        for line in &self.order.lines {
            let succeeded = |refund: &&Refund| matches!(refund.state, RefundState::Succeeded { .. });
            let back =
                self.order.refunds.iter().filter(succeeded).map(|refund| refund.of_line(&line.product));
            let lost = self.order.disputes.iter().flat_map(Dispute::lines);
            let lost = lost.filter(|taken| taken.product == line.product).map(|taken| taken.amount_minor);
            if back.chain(lost).sum::<i64>() >= line.net.minor() {
                self.closed.insert(line.product.clone());
            }
        }
    }

    fn booked_minor(&self, kind: EntryKind) -> i64 {
        let legs = self.entries.iter().filter(|entry| entry.kind() == kind).flat_map(Entry::legs);
        legs.filter(|leg| leg.side == Side::Debit).map(|leg| leg.amount.minor()).sum()
    }

    fn balance(&self) {
        for entry in &self.entries {
            let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
            for leg in entry.legs() {
                let signed = if leg.side == Side::Debit { leg.amount.minor() } else { -leg.amount.minor() };
                *sums.entry(leg.amount.currency()).or_default() += signed;
            }
            assert!(sums.values().all(|sum| *sum == 0), "{entry:?}");
        }
        let captures: Vec<_> =
            self.order.attempts.iter().filter(|a| matches!(a.state, AttemptState::Paid(_))).collect();
        let captured_minor: i64 = captures.iter().map(|attempt| attempt.amount.minor()).sum();
        let (sold, surplus) = (self.booked_minor(EntryKind::Sale), self.booked_minor(EntryKind::Surplus));
        assert_eq!(captured_minor, sold + surplus, "all money received is booked, and booked once");

        let causes: BTreeSet<&str> = self.entries.iter().map(Entry::cause).collect();
        assert_eq!(causes.len(), self.entries.len(), "one cause is booked once");
        let captures_booked = causes.iter().filter(|cause| cause.starts_with("capture:")).count();
        assert_eq!(captures_booked, captures.len());

        let paid = matches!(self.order.state, OrderState::Paid { .. });
        let sales = self.entries.iter().filter(|entry| entry.kind() == EntryKind::Sale).count();
        assert_eq!(sales, usize::from(paid), "a paid order has one sale, any other none");
        assert_eq!(sold, if paid { self.order.total.minor() } else { 0 });
        assert_eq!(self.messages, usize::from(paid));
        let mut opened: Vec<ProductId> = if paid { self.order.products() } else { Vec::new() };
        opened.retain(|product| !self.closed.contains(product));
        assert_eq!(self.grants, opened, "what is paid for and not given back is open, once");
        self.refunds_add_up();
    }

    /// What an account holds, read on its normal side.
    fn holds(&self, account: &str) -> i64 {
        let legs = self.entries.iter().flat_map(Entry::legs).filter(|leg| leg.account.to_string() == account);
        legs.map(|leg| if leg.side == leg.account.side() { leg.amount.minor() } else { -leg.amount.minor() })
            .sum()
    }

    /// What lost disputes took, of the sale and of surplus.
    fn lost_minor(&self) -> (i64, i64) {
        let of = |is_sale: bool| {
            let lost = self.order.disputes.iter().filter(move |dispute| match &dispute.state {
                DisputeState::Lost { takes, .. } => matches!(takes, Purpose::Sale(_)) == is_sale,
                DisputeState::Open | DisputeState::Won { .. } => false,
            });
            lost.map(|dispute| dispute.amount.minor()).sum()
        };
        (of(true), of(false))
    }

    fn refunds_add_up(&self) {
        let sum = |counts: &dyn Fn(&RefundState) -> bool, of_sale: Option<bool>| -> i64 {
            let fits =
                |purpose: &Purpose| of_sale.is_none_or(|sale| sale == matches!(purpose, Purpose::Sale(_)));
            let refunds = self.order.refunds.iter();
            refunds.filter(|r| counts(&r.state) && fits(&r.purpose)).map(|r| r.amount.minor()).sum()
        };
        for attempt in &self.order.attempts {
            let refunds = self.order.refunds.iter().filter(|refund| refund.attempt == attempt.id);
            let back: i64 =
                refunds.filter(|refund| refund.state.is_borne_by_the_sale()).map(|r| r.amount.minor()).sum();
            let paid = matches!(attempt.state, AttemptState::Paid(_));
            assert!(back <= if paid { attempt.amount.minor() } else { 0 }, "no more goes back than came");
        }
        let set_aside = |state: &RefundState| match state {
            RefundState::Requested | RefundState::Pending => true,
            RefundState::NeedsAttention { money, .. } => *money != Stranded::PaidAfterFailure,
            RefundState::Succeeded { .. } | RefundState::Failed { .. } => false,
        };
        assert_eq!(self.holds("refunds:reserved"), sum(&set_aside, None));
        let (lost_of_sale, lost_of_surplus) = self.lost_minor();
        let out_of_suspense = |state: &RefundState| state.counts();
        let surplus = self.booked_minor(EntryKind::Surplus);
        let unexpected = |state: &RefundState| {
            matches!(state, RefundState::NeedsAttention { money: Stranded::PaidAfterFailure, .. })
        };
        assert_eq!(
            self.holds("suspense"),
            surplus - sum(&out_of_suspense, Some(false)) - sum(&unexpected, Some(true)) - lost_of_surplus
        );
        let open = self.order.disputes.iter().filter(|dispute| dispute.state == DisputeState::Open);
        assert_eq!(
            self.holds("gateway:alipay:disputed"),
            open.map(|dispute| dispute.amount.minor()).sum::<i64>()
        );
        let taken = RefundState::is_borne_by_the_sale;
        let earned = self.holds("creator:lin:pending")
            + self.holds("creator:mei:pending")
            + self.holds("platform:fees");
        assert_eq!(earned, self.booked_minor(EntryKind::Sale) - sum(&taken, Some(true)) - lost_of_sale);
        // What was refunded before and is taken once more is the platform's loss alone.
        if earned == 0 && self.order.disputes.is_empty() {
            assert_eq!(
                self.holds("creator:lin:pending"),
                0,
                "a whole refund takes exactly what the sale gave"
            );
            assert_eq!(self.holds("creator:mei:pending"), 0);
        }
    }
}

fn is_no_fault_of_ours(refusal: &Refusal) {
    assert!(!matches!(refusal, Refusal::Invariant(_)), "{refusal:?}");
}

fn chains(head: &Head, decision: &Decision) {
    let (mut sequence, mut hash) = (head.sequence, head.hash);
    for event in &decision.events {
        sequence += 1;
        hash = chain_hash(&hash, event.body.as_bytes());
        assert_eq!((event.sequence, event.hash), (sequence, hash));
        assert!(event.body.contains(event.event.name()) && event.body.contains(&decision.id.to_string()));
    }
    assert_eq!(decision.order.head, Head { sequence, hash });
}

fn goes_forward(before: &Order, after: &Order) {
    let allowed = before.state == after.state
        || match before.state {
            OrderState::AwaitingPayment => true,
            OrderState::Expired => matches!(after.state, OrderState::Paid { .. }),
            OrderState::Paid { .. } | OrderState::Cancelled => false,
        };
    assert!(allowed, "{:?} became {:?}", before.state, after.state);
    for (old, new) in before.attempts.iter().zip(&after.attempts) {
        let paid_now = matches!(new.state, AttemptState::Paid(_));
        let allowed = old.state == new.state
            || match old.state {
                AttemptState::Paid(_) => false,
                AttemptState::Closed | AttemptState::Failed { .. } => paid_now,
                AttemptState::Created
                | AttemptState::Pending
                | AttemptState::Processing
                | AttemptState::Unknown(_) => new.state != AttemptState::Created,
            };
        assert!(allowed, "{:?} became {:?}", old.state, new.state);
        assert_eq!((old.id, old.amount, &old.terms), (new.id, new.amount, &new.terms));
    }
    assert!(after.attempts.len() >= before.attempts.len(), "no attempt is forgotten");
    assert!(after.attempts.iter().filter(|attempt| attempt.state.is_live()).count() <= 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_sequence_of_commands_the_books_balance(lines in carts(), commands in commands()) {
        let mut books = Books::open(lines);
        for command in &commands {
            books.obey(command);
            books.balance();
        }
    }

    #[test]
    fn money_paid_twice_at_once_is_one_sale_and_one_surplus(lines in carts(), wallet_first in any::<bool>()) {
        let mut books = Books::open(lines);
        let paid = Report::Paid { gateway_no: "1".to_owned(), at: START };
        books.obey(&Command::Start(Channel::Qr));
        let attempt = books.order.attempts[0].id;
        if wallet_first {
            books.hear(attempt, &Report::Closed);
            books.obey(&Command::Wallet);
            books.hear(attempt, &paid);
        } else {
            books.hear(attempt, &paid);
            books.obey(&Command::Wallet);
        }
        books.balance();
        let surplus = books.booked_minor(EntryKind::Surplus);
        prop_assert_eq!(surplus, if wallet_first { books.order.total.minor() } else { 0 });
        prop_assert_eq!(books.booked_minor(EntryKind::Sale), books.order.total.minor());
    }

    #[test]
    fn the_parts_of_a_split_sum_to_the_whole(minor in 0..=MAX_MINOR, bps in 0..=FULL_SHARE_BPS) {
        let whole = cny(minor);
        let (share, rest) = whole.split_by_bps(bps).unwrap();
        prop_assert_eq!(share.plus(rest).unwrap(), whole);
        prop_assert_eq!(i128::from(share.minor()), i128::from(minor) * i128::from(bps) / 10_000);
    }

    #[test]
    fn an_amount_is_read_back_from_its_text(minor in 0..=MAX_MINOR) {
        for currency in Currency::ALL {
            let amount = Money::new(minor, currency).unwrap();
            prop_assert_eq!(Money::from_major_text(&amount.to_major_text(), currency), Ok(amount));
        }
    }

    #[test]
    fn any_changed_byte_of_history_changes_its_hash(
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        other in 1_u8..=255,
    ) {
        let previous = [7; 32];
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= other;
        prop_assert_ne!(chain_hash(&previous, &body), chain_hash(&previous, &changed));
        prop_assert_ne!(chain_hash(&previous, &body), chain_hash(&[8; 32], &body));
    }

    #[test]
    fn a_product_owned_already_is_never_sold_again(lines in carts(), at in any::<prop::sample::Index>()) {
        let mut ids = ids(0, 1);
        let owned = product(at.get(&lines).product.as_str());
        let created = Order::create(ids.fresh(), lines, std::slice::from_ref(&owned), None, &mut ids);
        prop_assert_eq!(created, Err(Refusal::AlreadyOwned { product: owned }));
    }
}
