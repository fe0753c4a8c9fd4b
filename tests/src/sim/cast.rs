//! Who is there, and what has each asked so far?

use serde_json::Value;

use crate::actors::platform::Platform;
use crate::actors::shopper::Shopper;
use crate::message::{Answer, Ask};
use crate::native::app::NativeApp;
use crate::native::faults::Fault;
use crate::sim::plan::{COURSES, LEARNERS};
use crate::sim::tab::Tab;

/// How often a request may be told to come again, once nothing goes wrong any more.
const MOST_REPEATS: u32 = 3;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Learner(&'static str),
    Platform,
}

/// A request under an Idempotency-Key, and how it was answered for good.
struct Asked {
    who: Who,
    ask: Ask,
    answer: Option<(u16, Vec<u8>)>,
}

/// Everybody, and what they have begun.
pub(super) struct Cast<'a> {
    pub(super) app: &'a NativeApp,
    asked: Vec<Asked>,
    pub(super) tabs: Vec<Tab>,
}

impl<'a> Cast<'a> {
    /// The platform sells its courses, and learners have some balance.
    pub(super) async fn come_on(app: &'a NativeApp) -> Self {
        let platform = Platform::of(app).await;
        for (course, minor, bps) in COURSES {
            platform.sells(course, minor, "lin", bps).await;
        }
        for learner in LEARNERS {
            platform.credits(learner, 12_000).await;
        }
        let tabs = [0, 1, 0, 2].map(|learner| Tab::closed(LEARNERS[learner], COURSES[learner].0)).into();
        Self { app, asked: Vec::new(), tabs }
    }

    /// How many orders there are.
    pub(super) fn orders(&self) -> usize {
        self.app.world.db.rows("SELECT id FROM orders", &[]).len()
    }

    /// The order that `number` names, with its learner.
    pub(super) fn order(&self, number: u64) -> Option<(&'static str, String)> {
        let sql = "SELECT o.id, b.user_id FROM orders o JOIN buyers b ON b.id = o.buyer_id
                   ORDER BY o.created_at_ms, o.id";
        let orders = self.app.world.db.rows(sql, &[]);
        let order = &orders[lately(number, orders.len())?].0;
        let whose = order["user_id"].as_str();
        let learner = LEARNERS.into_iter().find(|learner| Some(*learner) == whose)?;
        Some((learner, order["id"].as_str()?.to_owned()))
    }

    /// Asks under a key while `strike` threatens; nothing after a crash. What was answered for good before must
    /// be answered in the same way again.
    pub(super) async fn ask(&mut self, who: Who, ask: Ask, strike: Option<Fault>) -> Option<Answer> {
        self.asked.push(Asked { who, ask, answer: None });
        self.ask_again(self.asked.len() - 1, strike).await
    }

    /// Asks once more what the `number`th request was.
    pub(super) async fn repeat(&mut self, number: u64) -> Option<Answer> {
        let at = lately(number, self.asked.len())?;
        self.ask_again(at, None).await
    }

    /// Several requests at once.
    pub(super) async fn ask_at_once(&mut self, asks: Vec<(Who, Ask)>) -> Vec<Answer> {
        let app = self.app;
        let asking = asks.iter().map(|(who, ask)| sent(app, *who, ask.clone()));
        let answers = futures::future::join_all(asking).await;
        for ((who, ask), answer) in asks.into_iter().zip(&answers) {
            self.asked.push(Asked { who, ask, answer: None });
            self.note(self.asked.len() - 1, answer);
        }
        answers
    }

    async fn ask_again(&mut self, at: usize, strike: Option<Fault>) -> Option<Answer> {
        let (who, ask) = (self.asked[at].who, self.asked[at].ask.clone());
        let answer = unless_struck(self.app, strike, sent(self.app, who, ask)).await?;
        self.note(at, &answer);
        Some(answer)
    }

    fn note(&mut self, at: usize, answer: &Answer) {
        let (status, body) = (answer.status().as_u16(), answer.0.body().to_vec());
        let asked = &mut self.asked[at];
        if let Some((first, told)) = &asked.answer {
            let (told, body) = (String::from_utf8_lossy(told), String::from_utf8_lossy(&body));
            assert_eq!((*first, told), (status, body), "a repeat is answered as the first was");
        } else if answer.status().is_success() {
            asked.answer = Some((status, body));
        }
    }

    /// Asks everything once more, as often as it is told to: a crash must have left no key stuck.
    pub(super) async fn ask_all_again(&mut self) {
        for at in 0..self.asked.len() {
            let mut last = String::new();
            let is_answered = 'tries: {
                for _ in 0..MOST_REPEATS {
                    let answer = self.ask_again(at, None).await.expect("nothing crashes now");
                    last = answer.text().to_owned();
                    if answer.status().as_u16() < 500 && code(&answer) != "idempotency_in_progress" {
                        break 'tries true;
                    }
                }
                false
            };
            assert!(is_answered, "a key is stuck: {last}");
        }
    }
}

async fn sent(app: &NativeApp, who: Who, ask: Ask) -> Answer {
    let answer = match who {
        Who::Learner(learner) => Shopper::learner(app, learner).ask(ask).await,
        Who::Platform => Platform::of(app).await.ask(ask).await,
    };
    assert!(code(&answer) != "internal", "we are wrong: {}", answer.text());
    answer
}

/// Does `work` while `strike` threatens; nothing when it crashed.
pub(super) async fn unless_struck<T>(
    app: &NativeApp,
    strike: Option<Fault>,
    work: impl Future<Output = T>,
) -> Option<T> {
    if let Some(fault) = strike {
        app.world.faults.plan(fault);
    }
    let done = app.world.faults.unless_crashed(work).await;
    app.world.faults.lift();
    done
}

/// The code of a refusal.
pub(super) fn code(answer: &Answer) -> String {
    if answer.status().is_success() {
        return String::new();
    }
    let problem = serde_json::from_slice::<Value>(answer.0.body()).ok();
    problem.and_then(|body| body["code"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// An answer in a word: its status, and its code where it is a refusal.
pub(super) fn told(answer: Option<&Answer>) -> String {
    answer.map_or_else(
        || "crashed".to_owned(),
        |answer| format!("{} {}", answer.status().as_u16(), code(answer)).trim_end().to_owned(),
    )
}

/// Modulo what there is.
pub(super) fn place(number: u64, length: usize) -> Option<usize> {
    (length > 0).then(|| usize::try_from(number % length as u64).expect("a place"))
}

/// Every other time the last: most of what happens is about what was begun just now.
pub(super) fn lately(number: u64, length: usize) -> Option<usize> {
    if number.is_multiple_of(2) { length.checked_sub(1) } else { place(number / 2, length) }
}
