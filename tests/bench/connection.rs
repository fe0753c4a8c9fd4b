//! How is a Worker asked with as little around it as possible?

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A kept HTTP/1.1 connection: one request at a time, written and read by hand, because an HTTP client's own work would
/// stand in both sides of every ratio.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("the Worker does not listen")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// The body of the answer, and the time between the first byte out and the last one in.
    pub(crate) fn post(&mut self, target: &str, body: &str) -> anyhow::Result<(Vec<u8>, Duration)> {
        let request = format!(
            "POST {target} HTTP/1.1\r\nhost: bench.example\r\n\
             content-type: application/x-www-form-urlencoded; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let started = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes())?;
        let answer = self.read()?;
        Ok((answer, started.elapsed()))
    }

    fn read(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut length = None;
        let mut status = String::new();
        self.stream.read_line(&mut status)?;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        let mut body = vec![0; length.with_context(|| format!("an answer without a length: {status}"))?];
        self.stream.read_exact(&mut body)?;
        anyhow::ensure!(status.contains(" 200 "), "{status}{}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
