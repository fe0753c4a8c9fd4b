//! What holds of the app in this process, on SQLite under D1's rules, with the sandbox in memory?

mod attacks;
mod buyers;
mod callbacks;
mod codes;
mod crash;
mod forgotten;
mod fuzz;
mod ledger;
mod lost_answers;
mod plans;
mod promises;
mod refusals;
mod repeats;
mod time;
