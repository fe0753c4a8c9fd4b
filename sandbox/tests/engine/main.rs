//! What holds for the engine? (no clock, no network: a shop, a world, and the time we say it is)

#[cfg(test)]
mod bill;
#[cfg(test)]
mod buyer;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod certificate;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod refund;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod state;
#[cfg(test)]
mod trade;
#[cfg(test)]
mod transfer;
