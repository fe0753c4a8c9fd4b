//! Who acts in a test? Each speaks HTTP and nothing else, to whatever [`Target`](crate::target::Target) it
//! is given.

pub mod alipay;
pub mod gateway;
pub mod phone;
pub mod platform;
pub mod shopper;
pub mod signatures;
pub mod token;
pub mod webhook;
pub mod wechat;
