//! How is a step shown while it runs, and what is said when it is over?
//!
//! On a terminal: a spinner with the seconds and the last line of output. Elsewhere (CI, a pipe): plain
//! lines, and a sign of life every 20 seconds. A failed command's whole output is shown, and kept in a file.

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use crate::process::{Group, describe};
use crate::workspace;

const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// What is shown of a failed command; the file has the rest.
const SHOWN_LINES: usize = 400;

/// A step that is running.
pub(crate) struct Step {
    title: String,
    started: Instant,
    spinner: Option<ProgressBar>,
    last_sign: Instant,
}

/// Runs `work` as a named step and says how long it took. `work` may run several commands.
pub(crate) fn step<T>(title: &str, work: impl FnOnce(&mut Step) -> Result<T>) -> Result<T> {
    let mut step = Step::start(title);
    let outcome = work(&mut step);
    step.finish(outcome.is_ok());
    outcome.with_context(|| format!("{title} failed"))
}

/// Runs one command as a named step.
pub(crate) fn run(title: &str, command: &mut Command) -> Result<()> {
    step(title, |step| step.run(command))
}

/// Seconds for a reader: 0.4 s, 12 s, 3 min 20 s.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{whole}.{} s", duration.subsec_millis() / 100),
        10..120 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

impl Step {
    fn start(title: &str) -> Self {
        let live = std::io::stderr().is_terminal() && env::var_os("CI").is_none();
        let spinner = live.then(|| {
            let bar = ProgressBar::new_spinner().with_message(title.to_owned());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if spinner.is_none() {
            eprintln!("  … {title}");
        }
        Self { title: title.to_owned(), started: Instant::now(), spinner, last_sign: Instant::now() }
    }

    /// Runs a command to its end. Its output is kept, and shown only if it fails.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        self.output(command).map(drop)
    }

    /// As [`Step::run`], and gives back what the command wrote to standard output.
    pub(crate) fn output(&mut self, command: &mut Command) -> Result<String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut group = Group::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let lines = read_lines(&mut group);
        let mut log = Vec::new();
        let mut stdout = String::new();
        let mut collect = |step: &mut Self| {
            while let Ok((from_stdout, line)) = lines.try_recv() {
                step.show(&line);
                if from_stdout {
                    stdout.push_str(&line);
                    stdout.push('\n');
                }
                log.push(line);
            }
        };
        let status = group.wait(|| {
            collect(self);
            self.sign_of_life();
        })?;
        // The pipes can still hold lines after the end; they close when the group has ended.
        while let Ok((from_stdout, line)) = lines.recv_timeout(Duration::from_millis(500)) {
            if from_stdout {
                stdout.push_str(&line);
                stdout.push('\n');
            }
            log.push(line);
        }
        if status.success() {
            return Ok(stdout);
        }
        let file = self.keep(&log);
        self.print_failure(&log);
        Err(anyhow!("`{program}` ended with {}{file}", describe(status)))
    }

    /// What the step does just now.
    pub(crate) fn show(&mut self, line: &str) {
        if let Some(spinner) = &self.spinner
            && !line.trim().is_empty()
        {
            spinner.set_message(format!("{}: {}", self.title, line.trim()));
        }
    }

    fn sign_of_life(&mut self) {
        if self.spinner.is_none() && self.last_sign.elapsed() >= SIGN_OF_LIFE {
            eprintln!("    still at it: {} ({})", self.title, seconds(self.started.elapsed()));
            self.last_sign = Instant::now();
        }
    }

    fn print_failure(&self, log: &[String]) {
        let skipped = log.len().saturating_sub(SHOWN_LINES);
        let print = || {
            let mut stderr = std::io::stderr().lock();
            for line in log.iter().skip(skipped).filter(|line| !is_cargo_progress(line)) {
                let _written = writeln!(stderr, "{line}");
            }
        };
        match &self.spinner {
            Some(spinner) => spinner.suspend(print),
            None => print(),
        }
    }

    /// Keeps a failed command's output; the words that say where.
    fn keep(&self, log: &[String]) -> String {
        let name: String = self
            .title
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let file = workspace::path("target/logs").join(format!("{name}.log"));
        let written =
            file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, log.join("\n")));
        match written {
            Ok(()) => format!("; its output is above and in {}", file.display()),
            Err(_) => String::new(),
        }
    }

    fn finish(&self, good: bool) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        let mark = if good { "✓" } else { "✗" };
        eprintln!("  {mark} {} ({})", self.title, seconds(self.started.elapsed()));
    }
}

/// Lines of both pipes as they come; `true` marks standard output.
fn read_lines(group: &mut Group) -> Receiver<(bool, String)> {
    let (sender, receiver) = channel();
    let child = group.child_mut();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, true, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, false, sender);
    }
    receiver
}

fn forward(pipe: impl Read + Send + 'static, from_stdout: bool, lines: Sender<(bool, String)>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            // A progress bar redraws with carriage returns; the last state is what counts.
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end().rsplit('\r').next().unwrap_or_default().to_owned();
            if lines.send((from_stdout, text)).is_err() {
                return;
            }
        }
    });
}

fn is_cargo_progress(line: &str) -> bool {
    let first_word = line.split_whitespace().next().unwrap_or_default();
    line.starts_with("  ")
        && matches!(first_word, "Compiling" | "Checking" | "Downloaded" | "Downloading" | "Fresh")
}

/// The last lines of a log file, for an error message.
pub(crate) fn tail(file: &std::path::Path, count: usize) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut last = VecDeque::with_capacity(count);
    for line in text.lines() {
        if last.len() == count {
            last.pop_front();
        }
        last.push_back(line);
    }
    Vec::from(last).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gives_back_what_it_printed() {
        let output =
            step("echo", |step| step.output(Command::new("sh").args(["-c", "echo one; echo two"]))).unwrap();
        assert_eq!(output, "one\ntwo\n");
    }

    #[test]
    fn a_failure_names_the_step_the_program_and_its_code() {
        let error = run("Fall over", Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("Fall over failed: `sh` ended with exit code 7"), "{text}");
    }

    #[test]
    fn time_is_said_as_a_person_would() {
        assert_eq!(seconds(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(75)), "75 s");
        assert_eq!(seconds(Duration::from_secs(200)), "3 min 20 s");
    }

    #[test]
    fn only_cargos_own_progress_is_left_out_of_a_failure() {
        assert!(is_cargo_progress("   Compiling serde v1.0.0"));
        assert!(!is_cargo_progress("error[E0425]: cannot find value `x`"));
        assert!(!is_cargo_progress("  --> src/lib.rs:1:1"));
    }
}
