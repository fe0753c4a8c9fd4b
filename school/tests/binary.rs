//! The program as an operator meets it.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const GOOD: [(&str, &str); 5] = [
    ("COURSEPAY_URL", "http://127.0.0.1:1"),
    ("COURSEPAY_PUBLIC_URL", "http://pay.localhost:8787"),
    ("CHECKOUT_TOKEN_KID", "k1"),
    ("CHECKOUT_TOKEN_SECRET", "a checkout token secret of the tests"),
    ("WEBHOOK_SECRET", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"),
];

fn school(port: u16, state: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coursepay-school"));
    command
        .env_clear()
        .envs(GOOD)
        .args(["--port", &port.to_string(), "--state"])
        .arg(state.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Ends with the test, whatever its outcome.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is what most tests want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn only_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn it_says_where_it_listens_and_stops_cleanly_when_told() {
    for signal in ["-TERM", "-INT"] {
        let state = TempDir::new().unwrap();
        let mut running = Running(school(0, &state).spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("school listening on http://127.0.0.1:").unwrap();
        assert_ne!(port.parse::<u16>().unwrap(), 0);

        let pid = running.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert!(running.0.wait().unwrap().success(), "{signal}");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = school(port, &TempDir::new().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let line = only_line(&output);
    assert!(line.contains(&format!("port {port} is in use")) && line.contains("--port"), "{line}");
}

#[test]
fn a_missing_or_malformed_variable_is_one_line_that_names_it_and_shows_no_secret() {
    for (name, _) in GOOD {
        let state = TempDir::new().unwrap();
        let missing = school(0, &state).env_remove(name).output().unwrap();
        assert_eq!(missing.status.code(), Some(1));
        assert!(only_line(&missing).contains(&format!("{name} is not set")));

        let malformed = school(0, &state).env(name, "~bad~").output().unwrap();
        assert_eq!(malformed.status.code(), Some(1));
        let line = only_line(&malformed);
        assert!(line.contains(&format!("{name} is malformed")) && !line.contains("~bad~"), "{line}");
    }
}

#[test]
fn a_state_file_of_something_else_is_refused_and_left_alone() {
    for content in ["", "{}", r#"{"format":2,"purchases":{},"messages":{},"deliveries":[]}"#] {
        let state = TempDir::new().unwrap();
        let file = state.path().join("school.json");
        std::fs::write(&file, content).unwrap();
        let output = school(0, &state).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(only_line(&output).contains("is not a state file of this school"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    }
}

#[test]
fn help_names_every_option_and_variable() {
    let output = school(0, &TempDir::new().unwrap()).arg("--help").output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for name in GOOD.map(|(name, _)| name).into_iter().chain(["--port", "--state", "school.localhost"]) {
        assert!(help.contains(name), "{name}");
    }
}
