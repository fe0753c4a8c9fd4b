//! What holds of the app in this process, on SQLite under D1's rules, with the sandbox in memory?

mod buyers;
mod callbacks;
mod certificates;
mod codes;
mod crash;
mod forgotten;
mod ledger;
mod lost_answers;
mod plans;
mod promises;
mod refusals;
mod repeats;
mod rotation;
mod time;
