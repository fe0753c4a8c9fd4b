//! Is anything lost, or done twice, when the Worker is killed at any moment?

use anyhow::{Result, bail};
use clap::Args;

use crate::build::{self, Effort};
use crate::process::{Group, describe};
use crate::setup;
use crate::workspace::cargo;

#[derive(Args)]
#[command(after_help = "\
The Worker, built as it is deployed, runs on workerd with D1 in a folder. Six clients order, pay from the wallet, by
Alipay, WeChat Pay and card, ask for refunds, and repeat what was not answered under the same Idempotency-Key; the
sandbox calls back, sometimes twice, sometimes never; cron fires. After a drawn number of events the whole process group
is killed with SIGKILL. Whatever was acknowledged must then be in the database file, once, with every other invariant of
its rows; the Worker is started again on the same folder and must still say what it said. After the last kill everything
must come to rest: what the gateways know as paid or refunded is paid or refunded here.")]
pub(crate) struct Options {
    /// How often to kill it
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    times: u32,
    /// Draw the same again as the run that printed this number
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    setup::tools()?;
    build::worker(Effort::Release)?;
    let mut kill = cargo(&["run", "--quiet", "--package", "coursepay-tests", "--bin", "kill", "--"])?;
    kill.args(["--times", &options.times.to_string()]).env("COURSEPAY_NODE", setup::node_path()?);
    if let Some(seed) = options.seed {
        kill.args(["--seed", &seed.to_string()]);
    }
    eprintln!("Building what kills it; the first time this takes minutes");
    let status = Group::spawn(&mut kill)?.wait(|| ())?;
    if !status.success() {
        bail!("ended with {}: what did not hold is said above", describe(status));
    }
    Ok(())
}
