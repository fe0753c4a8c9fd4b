//! Who acts in a test? Each speaks HTTP and nothing else, to whatever [`Target`](crate::target::Target) it
//! is given.

pub mod alipay;
pub mod callback;
pub mod gateway;
pub mod phone;
pub mod platform;
pub mod resigned;
pub mod shopper;
pub mod signature;
pub mod stripe;
pub mod token;
pub mod webhook;
pub mod wechat;
pub mod wechat_pay;
