//! What holds after any sequence of commands? Books balance, money is booked once, nothing goes backwards.

use std::collections::{BTreeMap, BTreeSet};

use coursepay_core::api::Action;
use coursepay_core::attempt::{AttemptState, Step, Terms};
use coursepay_core::currency::Currency;
use coursepay_core::decision::Decision;
use coursepay_core::id::{AttemptId, ProductId};
use coursepay_core::ledger::{Entry, EntryKind, Side};
use coursepay_core::method::{Channel, GatewayId};
use coursepay_core::money::{FULL_SHARE_BPS, MAX_MINOR, Money};
use coursepay_core::order::event::{Head, chain_hash};
use coursepay_core::order::{Ending, Line, Order, OrderState, Refusal, Report, Start};
use proptest::prelude::*;

use crate::fixture::{START, alice, cny, ids, line, order_of, product};

#[derive(Clone, Debug)]
enum Command {
    Start(Channel),
    Report(prop::sample::Index, Report),
    Wallet,
    End(Ending),
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
        1 => Just(Report::Processing),
        3 => Just(Report::Closed),
        3 => (0_u32..4).prop_map(|no| Report::Paid { gateway_no: no.to_string(), at: START }),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let channel = prop::sample::select(vec![Channel::Qr, Channel::Redirect, Channel::Mobile]);
    let command = prop_oneof![
        3 => channel.prop_map(Command::Start),
        6 => (any::<prop::sample::Index>(), reports()).prop_map(|(index, report)| Command::Report(index, report)),
        1 => Just(Command::Wallet),
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

    fn commit_unless_refused(&mut self, decided: Result<Decision, Refusal>) {
        match decided {
            Ok(decision) => self.commit(decision),
            Err(refusal) => is_no_fault_of_ours(&refusal),
        }
    }

    fn commit(&mut self, decision: Decision) {
        chains(&self.order.head, &decision);
        goes_forward(&self.order, &decision.order);
        assert!(!decision.is_no_op() || (decision.entries.is_empty() && decision.order == self.order));
        let sold_again = decision.grants.iter().any(|grant| self.owned.contains(&grant.product));
        assert!(!sold_again, "nothing owned is sold again");
        self.owned.extend(decision.grants.iter().map(|grant| grant.product.clone()));
        self.grants.extend(decision.grants.into_iter().map(|grant| grant.product));
        self.entries.extend(decision.entries);
        self.messages += decision.messages.len();
        self.order = decision.order;
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
        assert_eq!(causes.len(), captures.len());

        let paid = matches!(self.order.state, OrderState::Paid { .. });
        let sales = self.entries.iter().filter(|entry| entry.kind() == EntryKind::Sale).count();
        assert_eq!(sales, usize::from(paid), "a paid order has one sale, any other none");
        assert_eq!(sold, if paid { self.order.total.minor() } else { 0 });
        assert_eq!(self.messages, usize::from(paid));
        let opened: Vec<ProductId> = if paid { self.order.products() } else { Vec::new() };
        assert_eq!(self.grants, opened, "what is paid for is opened, once");
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
