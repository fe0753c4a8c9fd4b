//! What holds for Stripe in the sandbox? (no clock, no network: a shop, a world, and the time we say it is)

#[cfg(test)]
mod checkout;
#[cfg(test)]
mod disputes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod refunds;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod state;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod transfers;
#[cfg(test)]
mod webhooks;
