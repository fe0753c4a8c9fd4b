//! The whole site over HTTP, in this process, at a time that the test sets.

// Says to clippy that a panic anywhere in here is how a test fails.
#[cfg(test)]
mod site {
    mod gate;
    mod harness;
    mod headers;
    mod login;
    mod prices;
    mod tokens;
    mod webhooks;
}
