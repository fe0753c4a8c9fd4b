//! How do children start, and how is nothing of them left?
//!
//! Every child leads a process group of its own, so that what it starts (wrangler starts workerd) ends with
//! it, and so that Ctrl-C reaches us alone: we decide in which order things stop.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

static STOP_REQUESTED: AtomicBool = AtomicBool::new(false);

/// How long a group may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// From here on Ctrl-C, SIGTERM and SIGHUP only ask us to stop; whoever waits must look.
pub(crate) fn catch_signals() -> Result<()> {
    ctrlc::set_handler(|| STOP_REQUESTED.store(true, Ordering::SeqCst)).context("cannot catch Ctrl-C")
}

/// Whether somebody asked us to stop.
pub(crate) fn stop_requested() -> bool {
    STOP_REQUESTED.load(Ordering::SeqCst)
}

/// An error as soon as somebody asked us to stop.
pub(crate) fn refuse_if_stopped() -> Result<()> {
    if stop_requested() {
        bail!("stopped on request");
    }
    Ok(())
}

/// A child and everything it starts. Ends with this value.
pub(crate) struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    /// Starts `command` in a process group of its own, without standard input.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{program}`: is it installed?"))?;
        let id = Pid::from_raw(i32::try_from(child.id()).context("process id beyond i32")?);
        Ok(Self { child, id })
    }

    /// The child's pipes, where the command asked for them.
    pub(crate) fn child_mut(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How the leader ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask about a child process")
    }

    /// Waits for the end; `idle` is called meanwhile. Stops the group when we are asked to stop.
    pub(crate) fn wait(mut self, mut idle: impl FnMut()) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            refuse_if_stopped()?;
            idle();
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Asks the whole group to end, and kills what has not within the grace period.
    pub(crate) fn stop(&mut self) {
        let started = Instant::now();
        let mut signal = Signal::SIGTERM;
        // ESRCH: nobody is left. Our own dead child counts as somebody until it is waited for.
        while killpg(self.id, signal).is_ok() {
            let asked = Instant::now();
            while asked.elapsed() < GRACE {
                let _reaped = self.child.try_wait();
                if killpg(self.id, None).is_err() {
                    return;
                }
                thread::sleep(POLL_INTERVAL);
            }
            signal = Signal::SIGKILL;
            if started.elapsed() > GRACE * 3 {
                eprintln!("process group {} does not end: look at it with `ps`", self.id);
                return;
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How a child ended, in words.
pub(crate) fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown status".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_its_grandchildren_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command).unwrap();
        let mut line = String::new();
        let stdout = group.child_mut().stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap());
        assert!(nix::sys::signal::kill(grandchild, None).is_ok());
        let id = group.id;
        group.stop();
        assert!(killpg(id, None).is_err());
    }

    #[test]
    fn an_ending_says_its_code() {
        let status = Group::spawn(Command::new("sh").args(["-c", "exit 3"])).unwrap().wait(|| ()).unwrap();
        assert_eq!(describe(status), "exit code 3");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Group::spawn(&mut Command::new("no-such-program")).err().unwrap();
        assert_eq!(error.to_string(), "cannot start `no-such-program`: is it installed?");
    }
}
