//! What is built, how optimised, and how large is it?

mod size;
mod widget;
mod worker;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::setup;

#[derive(Args)]
pub(crate) struct Options {
    /// Optimise for size, as for deployment (slower)
    #[arg(long)]
    release: bool,
    /// What to build; Worker and widget if not given
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// edge-worker/build: what wrangler runs and deploys
    Worker,
    /// checkout-ui/dist: what a page embeds
    Widget,
    /// edge-worker/build-probe: the Worker with routes into its inside, for end-to-end tests and the bench only
    Probe,
}

/// How much time the compiler may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Quick to build again; as large as it comes.
    Quick,
    /// As it is deployed.
    Release,
}

impl Effort {
    pub(crate) fn from_release(release: bool) -> Self {
        if release { Self::Release } else { Self::Quick }
    }

    /// The cargo profile, which also names the folder of its output.
    fn profile(self) -> &'static str {
        match self {
            Self::Quick => "wasm-dev",
            Self::Release => "release",
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    setup::tools()?;
    let effort = Effort::from_release(options.release);
    match options.part {
        None => {
            worker(effort)?;
            widget(effort)
        }
        Some(Part::Worker) => worker(effort),
        Some(Part::Widget) => widget(effort),
        Some(Part::Probe) => probe(effort),
    }
}

/// Builds edge-worker/build.
pub(crate) fn worker(effort: Effort) -> Result<()> {
    worker::build(effort)
}

/// Builds edge-worker/build-probe.
pub(crate) fn probe(effort: Effort) -> Result<()> {
    worker::build_probe(effort)
}

/// Builds checkout-ui/dist, and for a release refuses one beyond its size budget.
pub(crate) fn widget(effort: Effort) -> Result<()> {
    widget::build(effort)
}
