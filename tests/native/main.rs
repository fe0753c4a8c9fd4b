//! What holds of the app in this process, on SQLite under D1's rules, with the sandbox in memory?

mod attacks;
mod buyers;
mod callbacks;
mod cards;
mod certificates;
mod codes;
mod crash;
mod devices;
mod disputes;
mod forgotten;
mod fuzz;
mod history;
mod ledger;
mod lost_answers;
mod old_notices;
mod payers;
mod plans;
mod promises;
mod refunds;
mod refusals;
mod repeats;
mod rotation;
mod statements;
mod time;
mod wechat_login;
mod worlds;
