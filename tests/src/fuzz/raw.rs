//! How is an HTTP message written so that any byte of it can be changed?
//!
//! A first line (a status, or a method and a path), headers, an empty line, the body. Any bytes at all are
//! such a message.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};

use coursepay_core::gateway::Message;

/// A message taken apart.
pub(super) struct Raw {
    pub(super) first: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Raw {
    /// Takes any bytes apart.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = match end {
            Some(end) => (&bytes[..end], &bytes[end + 2..]),
            None => (bytes, &[][..]),
        };
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default().to_owned();
        let pair = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        };
        Self { first, headers: lines.filter_map(pair).collect(), body: body.to_vec() }
    }

    /// The bytes that [`Raw::read`] takes apart.
    pub(super) fn write(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        [format!("{}\n{headers}\n", self.first).as_bytes(), &self.body].concat()
    }

    /// An answer of a gateway.
    pub(super) fn of_response(response: &Response<Bytes>) -> Self {
        let headers = header_list(response.headers());
        Self { first: response.status().as_u16().to_string(), headers, body: response.body().to_vec() }
    }

    /// A request.
    pub(super) fn of_request(request: &Request<Bytes>) -> Self {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let first = format!("{} {path}", request.method());
        Self { first, headers: header_list(request.headers()), body: request.body().to_vec() }
    }

    /// As a message of a gateway.
    pub(super) fn message(&self) -> Message<'_> {
        Message { status: self.first.parse().unwrap_or(200), headers: &self.headers, body: &self.body }
    }

    /// As a request to a server at `base_url`, where HTTP lets it through.
    pub(super) fn request(self, base_url: &str) -> Option<Request<Bytes>> {
        let (method, path) = self.first.split_once(' ')?;
        let mut request = Request::new(Bytes::from(self.body));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
        *request.uri_mut() =
            format!("{base_url}{path}").parse::<Uri>().ok().filter(|uri| uri.host().is_some())?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(request)
    }
}

fn header_list(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let raw = Raw {
            first: "POST /v1/orders?a=b".to_owned(),
            headers: vec![("a".to_owned(), "b: c".to_owned())],
            body: b"x\n\ny\xff".to_vec(),
        };
        let read = Raw::read(&raw.write());
        assert_eq!((&read.first, &read.headers, &read.body), (&raw.first, &raw.headers, &raw.body));
        let request = read.request("https://pay.example").unwrap();
        assert_eq!(Raw::of_request(&request).write(), raw.write());
    }

    #[test]
    fn any_bytes_are_a_message() {
        for bytes in [&b""[..], b"\n", b"\n\n", b"\xff\n:\n\n", b"GET"] {
            let raw = Raw::read(bytes);
            assert_eq!(raw.message().status, 200);
            assert!(raw.request("https://pay.example").is_none());
        }
    }
}
