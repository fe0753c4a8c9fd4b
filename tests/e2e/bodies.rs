//! Is a request's body read whole, and not beyond the limit, however it says its length?

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coursepay_edge::app::MAX_BODY_BYTES;
use coursepay_tests::target::Target as _;
use coursepay_tests::workerd::Workerd;
use serde_json::json;

/// Posts to `path` and gives the whole answer, headers too. Written by hand: HTTP clients choose the framing themselves.
fn post(worker: &Workerd, path: &str, body: &[u8], in_chunks: bool) -> String {
    let address = worker.setup().public_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let framing = match in_chunks {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {}", body.len()),
    };
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    if in_chunks {
        for chunk in body.chunks(1_000) {
            // An answer may come before the last chunk: then nobody listens any more.
            let _ = stream.write_all(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        let _ = stream.write_all(b"0\r\n\r\n");
    } else {
        let _ = stream.write_all(body);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_is_read_whole_in_chunks_and_in_one_piece() {
    let worker = Workerd::start_with_probe().await.unwrap();
    for length in [0, 1, 3_000, 30_000] {
        let message = BASE64_STANDARD.encode(vec![b'x'; length]);
        let question = json!({ "key": "", "message": message }).to_string();
        for in_chunks in [false, true] {
            // Only who has read all of it knows that the operation is none.
            let answer = post(&worker, "/__probe/nothing", question.as_bytes(), in_chunks);
            assert!(answer.contains("expected sign, verify, seal or open"), "{length} {in_chunks}: {answer}");
        }
    }
    for in_chunks in [false, true] {
        let answer = post(&worker, "/__probe/nothing", b"", in_chunks);
        assert!(answer.contains("EOF while parsing"), "{answer}");
    }
}

#[tokio::test]
async fn one_byte_more_than_the_limit_is_refused_in_chunks_and_in_one_piece() {
    let worker = Workerd::start_with_probe().await.unwrap();
    for in_chunks in [false, true] {
        for (length, refused) in
            [(MAX_BODY_BYTES, false), (MAX_BODY_BYTES + 1, true), (MAX_BODY_BYTES * 9, true)]
        {
            let answer = post(&worker, "/v1/callbacks/alipay", &vec![b'x'; length], in_chunks);
            assert!(answer.starts_with("HTTP/1.1 4"), "{length} {in_chunks}: {answer}");
            assert_eq!(answer.contains("body_too_large"), refused, "{length} {in_chunks}: {answer}");
        }
    }
}
