//! What holds for the WeChat Pay of the engine? (no clock, no network: a shop, a world, and the time we say
//! it is)

#[cfg(test)]
mod bills;
#[cfg(test)]
mod bridge;
#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod login;
#[cfg(test)]
mod pay;
#[cfg(test)]
mod refunds;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod state;
#[cfg(test)]
mod transfers;
