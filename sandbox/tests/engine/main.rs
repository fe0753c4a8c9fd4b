//! What holds for the engine? (no clock, no network: a shop, a world, and the time we say it is)

#[cfg(test)]
mod buyer;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod state;
#[cfg(test)]
mod trade;
