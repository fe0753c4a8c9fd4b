#![doc = include_str!("../README.md")]

pub mod app;

#[cfg(target_arch = "wasm32")]
mod cloudflare;
