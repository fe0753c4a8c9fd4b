//! How does a run go on, and what is a finding?

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::mutate::Mutator;
use super::{Play, Target};

/// No reader takes longer over 64 KiB, by far.
const LONGEST: Duration = Duration::from_secs(5);

/// A run of one target.
pub struct Run {
    play: Play,
    mutator: Mutator,
    /// True messages, and what came of them to something new.
    corpus: Vec<Vec<u8>>,
    outcomes: BTreeSet<String>,
    executions: u64,
}

/// An input that a reader did not read as it should.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The bytes.
    pub input: Vec<u8>,
    /// At which execution, from 1.
    pub execution: u64,
    /// What happened.
    pub what: String,
}

impl Run {
    /// A run of `target`; all that it does follows from `seed`.
    pub fn new(target: &Target, seed: u64) -> Self {
        let play = (target.prepare)();
        let mutator = Mutator::new(seed, &play.seeds);
        Self { mutator, corpus: play.seeds.clone(), play, outcomes: BTreeSet::new(), executions: 0 }
    }

    /// Reads one more input: the true messages first, then changed ones.
    ///
    /// # Errors
    /// The [`Finding`].
    pub fn step(&mut self) -> Result<(), Finding> {
        let input = self.next_input();
        self.executions += 1;
        let found = |what| Finding { input: input.clone(), execution: self.executions, what };
        let started = Instant::now();
        let read = catch_unwind(AssertUnwindSafe(|| (self.play.read)(&input)));
        let outcome = read.map_err(|panic| found(message(&*panic)))?;
        if started.elapsed() > LONGEST {
            return Err(found(format!("took {} ms", started.elapsed().as_millis())));
        }
        if self.outcomes.insert(outcome) && self.executions > self.seeds() {
            self.corpus.push(input);
        }
        Ok(())
    }

    fn next_input(&mut self) -> Vec<u8> {
        if let Some(seed) = usize::try_from(self.executions).ok().and_then(|place| self.play.seeds.get(place))
        {
            return seed.clone();
        }
        let (one, other) = (self.mutator.below(self.corpus.len()), self.mutator.below(self.corpus.len()));
        let mut input = self.corpus[one].clone();
        self.mutator.change(&mut input, &self.corpus[other]);
        input
    }

    /// How many true messages it began with.
    pub fn seeds(&self) -> u64 {
        self.play.seeds.len() as u64
    }

    /// How often the reader was run.
    pub const fn executions(&self) -> u64 {
        self.executions
    }

    /// How many different things the inputs came to.
    pub fn outcomes(&self) -> usize {
        self.outcomes.len()
    }
}

/// Runs `target` on one input, and lets its panic through.
pub fn replay(target: &Target, input: &[u8]) -> String {
    ((target.prepare)().read)(input)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_to_four() -> Play {
        // Four words deep: out of reach of blind chance, within reach of one step at a time.
        let read = |input: &[u8]| {
            let depth = [&b"one"[..], b"two", b"three", b"four"]
                .iter()
                .take_while(|word| input.windows(word.len()).any(|window| window == **word))
                .count();
            assert!(depth < 4, "counted to four");
            depth.to_string()
        };
        Play {
            seeds: vec![b"a,b,c,d,two".to_vec(), b"one".to_vec(), b"four,three".to_vec()],
            read: Box::new(read),
        }
    }

    const COUNTING: Target = Target { name: "counting", reads: "numbers", daily: 0, prepare: counts_to_four };

    fn find(seed: u64) -> Option<Finding> {
        let mut run = Run::new(&COUNTING, seed);
        (0..100_000).find_map(|_| run.step().err())
    }

    #[test]
    fn what_is_hidden_behind_several_steps_is_found_and_found_again() {
        let finding = find(1).expect("a panic");
        assert_eq!(finding.what, "counted to four");
        let again = find(1).expect("the same panic");
        assert_eq!((again.execution, &again.input), (finding.execution, &finding.input));
        let replayed = catch_unwind(|| replay(&COUNTING, &finding.input));
        assert!(replayed.is_err());
    }

    #[test]
    fn true_messages_come_first() {
        let mut run = Run::new(&COUNTING, 1);
        for _ in 0..3 {
            run.step().unwrap();
        }
        assert_eq!((run.executions(), run.outcomes()), (3, 2));
    }
}
