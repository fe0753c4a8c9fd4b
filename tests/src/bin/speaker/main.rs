//! What does Coursepay say to a gateway, and what does it make of what a gateway says?
//!
//! For the interop tests, which hold core's gateway code against the official SDKs: one JSON value a line, one
//! answer a line. The first line says who speaks ([`party::Party`]), each further one is a [`Command`].
//!
//! | answer | |
//! |---|---|
//! | `{"ready":true}` | to the first line |
//! | `{"request":{verb,url,headers,body},"terms":…}` | to be sent; where it carries no signature, the sender adds its secret |
//! | `{"action":…,"terms":…}` | for the page |
//! | `{"heard":…}` | what was said, once it was verified ([`words`]) |
//! | `{"forged":true}` | no key of ours fits |
//! | `{"fault":text}` | not of this protocol, or nothing this gateway can do |
//! | `{"error":text}` | the line is no command |
//!
//! Everything goes through the trait that the Worker uses, and through `Unverified::verify`; keys are put to work
//! by the native port.

mod command;
mod party;
mod words;

use std::io::{BufRead as _, Write as _, stdin, stdout};

use anyhow::Context as _;
use futures::executor::block_on;
use serde_json::{Value, json};

use command::Command;
use party::Party;

fn main() -> anyhow::Result<()> {
    let mut lines = stdin().lock().lines();
    let first = lines.next().context("nobody said who speaks")??;
    let party = Party::read(&first)?;
    say(&json!({ "ready": true }))?;
    for line in lines {
        let answer = match serde_json::from_str::<Command>(&line?) {
            Ok(command) => block_on(command.run(&party)),
            Err(error) => json!({ "error": error.to_string() }),
        };
        say(&answer)?;
    }
    Ok(())
}

fn say(answer: &Value) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{answer}")?;
    Ok(out.flush()?)
}
