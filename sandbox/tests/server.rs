//! Does the program around the engine keep its promises? (start, listen, send, save, stop)

#[cfg(test)]
mod program {
    use std::fs::File;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::path::Path;
    use std::process::{Child, Command, ExitStatus, Stdio};
    use std::sync::OnceLock;

    use coursepay_sandbox::{KeyPair, Keys, Random, shanghai_text};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A running sandbox; killed if a test ends early.
    struct Sandbox {
        process: Child,
        url: String,
        client: reqwest::Client,
    }

    impl Drop for Sandbox {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    fn program(state: &Path, port: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coursepay-sandbox"));
        command.arg("--port").arg(port).arg("--state").arg(state);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    impl Sandbox {
        fn start(state: &Path) -> Self {
            let mut process = program(state, "0").spawn().unwrap();
            let mut line = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let url = line
                .trim()
                .strip_prefix("sandbox listening on ")
                .unwrap_or_else(|| panic!("{line:?}"))
                .to_owned();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            Self { process, url, client }
        }

        fn stop(mut self, signal: &str) -> ExitStatus {
            Command::new("kill").arg(signal).arg(self.process.id().to_string()).status().unwrap();
            self.process.wait().unwrap()
        }

        async fn json(&self, path: &str) -> Value {
            self.client.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
        }

        async fn post(&self, url: &str, body: impl Into<reqwest::Body>) -> reqwest::Response {
            self.client.post(url).header("accept", "application/json").body(body).send().await.unwrap()
        }

        /// The first payment's notify as soon as it is as wanted.
        async fn notify_when(&self, wanted: impl Fn(&Value) -> bool) -> Value {
            for _ in 0..10_000 {
                let notify = self.json("/sandbox/payments.json").await["payments"][0]["callbacks"][0].clone();
                if wanted(&notify) {
                    return notify;
                }
            }
            panic!("the notify never came to be as wanted");
        }

        /// Asks for a QR code as a merchant does.
        async fn precreate(&self, number: &str, notify_url: &str) -> String {
            let alipay = &self.json("/sandbox/config.json").await["alipay"];
            let real_ms = self.json("/sandbox/clock").await["real_ms"].as_i64().unwrap();
            let biz_content = json!({ "out_trade_no": number, "total_amount": "9.90", "subject": "水墨" });
            // By name, as they are signed.
            let mut params = vec![
                ("app_id", alipay["app_id"].as_str().unwrap().to_owned()),
                ("biz_content", biz_content.to_string()),
                ("charset", "utf-8".to_owned()),
                ("method", "alipay.trade.precreate".to_owned()),
                ("notify_url", notify_url.to_owned()),
                ("sign_type", "RSA2".to_owned()),
                ("timestamp", shanghai_text(real_ms)),
                ("version", "1.0".to_owned()),
            ];
            let text: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let key = KeyPair::from_pkcs8_base64(alipay["app_private_key"].as_str().unwrap()).unwrap();
            params.push(("sign", key.sign_sha256(&text.join("&"))));
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
            let response =
                self.post(&format!("{}?{query}", alipay["gateway_url"].as_str().unwrap()), "").await;
            let answer: Value = response.json().await.unwrap();
            answer["alipay_trade_precreate_response"]["qr_code"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"))
                .to_owned()
        }
    }

    /// Waits for one request and answers it; the request as text.
    async fn receive(listener: &TcpListener, status_and_headers: &str, body: &str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        let mut buffer = [0; 4096];
        while !is_whole(&request) {
            let read = stream.read(&mut buffer).await.unwrap();
            request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status_and_headers}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        request
    }

    fn is_whole(request: &str) -> bool {
        let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        body.len() >= length.unwrap_or(0)
    }

    /// A state directory in which the keys are made already: making them anew takes seconds.
    fn state() -> tempfile::TempDir {
        static KEYS: OnceLock<Vec<u8>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            serde_json::to_vec(&Keys::generate(&mut Random::from_seed([1; 32])).unwrap()).unwrap()
        });
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("v3");
        std::fs::create_dir(&folder).unwrap();
        File::create(folder.join("keys.json")).unwrap().write_all(keys).unwrap();
        state
    }

    #[tokio::test]
    async fn a_payment_is_notified_retried_after_a_redirect_and_kept_over_a_restart() {
        let state = state();
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let notify_url = format!("http://{}/notify", shop.local_addr().unwrap());

        let sandbox = Sandbox::start(state.path());
        let config = sandbox.json("/sandbox/config.json").await;
        let cashier = sandbox.precreate("N1", &notify_url).await;
        assert_eq!(sandbox.post(&format!("{cashier}/approve"), "").await.status(), 200);
        let first = receive(&shop, "302 Found\r\nlocation: /elsewhere", "success").await;
        assert!(first.starts_with("POST /notify HTTP/1.1\r\n"), "{first}");
        assert!(
            first.contains("content-type: application/x-www-form-urlencoded; text/html; charset=utf-8\r\n")
        );
        assert!(first.contains("out_trade_no=N1&"));

        // The answer is noted in its own time, and the retry planned with it.
        let noted = sandbox.notify_when(|notify| notify["deliveries"] != json!([])).await;
        assert_eq!(noted["deliveries"][0]["answer"], "302 \"success\"");
        let clock = format!("{}/sandbox/clock", sandbox.url);
        assert_eq!(sandbox.post(&clock, r#"{"advance_ms":240000}"#).await.status(), 200);
        let second = receive(&shop, "200 OK", "success").await;
        assert!(second.starts_with("POST /notify HTTP/1.1\r\n"), "no redirect was followed: {second}");
        sandbox.notify_when(|notify| notify["acknowledged"] == json!(true)).await;
        let before = sandbox.json("/sandbox/payments.json").await;
        assert!(sandbox.stop("-TERM").success());

        let restarted = Sandbox::start(state.path());
        let mut after = restarted.json("/sandbox/payments.json").await;
        after["payments"][0]["cashier_url"] = before["payments"][0]["cashier_url"].clone(); // another free port
        assert_eq!(after, before);
        let same = restarted.json("/sandbox/config.json").await;
        assert_eq!(same["alipay"]["app_private_key"], config["alipay"]["app_private_key"]);
        assert!(restarted.stop("-INT").success());
    }

    #[tokio::test]
    async fn a_timeout_breaks_the_connection_off_without_an_answer() {
        let state = state();
        let sandbox = Sandbox::start(state.path());
        let faults = format!("{}/sandbox/faults", sandbox.url);
        let rule = r#"{"fault":"timeout_before_effect","gateway":"stripe","times":1}"#;
        assert_eq!(sandbox.post(&faults, rule).await.status(), 201);
        let key = sandbox.json("/sandbox/config.json").await["stripe"]["secret_key"].take();
        let ask = || {
            let account = format!("{}/v1/account", sandbox.url);
            sandbox.client.get(account).bearer_auth(key.as_str().unwrap()).send()
        };
        let silence = ask().await.unwrap_err();
        assert!(silence.is_request() && silence.status().is_none(), "{silence}");
        assert_eq!(ask().await.unwrap().status(), 200, "once, as the rule says");
    }

    #[tokio::test]
    async fn a_long_email_is_taken_and_shown() {
        let state = state();
        let sandbox = Sandbox::start(state.path());
        let html = "水".repeat(100_000);
        let email =
            json!({ "from": "school@example.org", "to": "li@example.org", "subject": "收据", "html": html });
        let url = format!("{}/emails", sandbox.url);
        let sent =
            sandbox.client.post(url).bearer_auth("re_any").body(email.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), 200);
        assert_eq!(sandbox.json("/sandbox/emails.json").await["emails"][0]["html"], html);
    }

    #[tokio::test]
    async fn callbacks_to_one_receiver_come_in_the_order_they_became_due() {
        let state = state();
        let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let notify_url = format!("http://{}/notify", shop.local_addr().unwrap());
        let sandbox = Sandbox::start(state.path());
        let faults = format!("{}/sandbox/faults", sandbox.url);
        assert_eq!(sandbox.post(&faults, r#"{"fault":"callback_forged"}"#).await.status(), 201);
        let config = sandbox.json("/sandbox/config.json").await;
        let key = config["alipay"]["gateway_public_key"].as_str().unwrap();
        let key = coursepay_sandbox::PublicKey::from_spki_base64(key).unwrap();
        let is_genuine = |request: &str| {
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let params: Vec<(String, String)> =
                form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let sign = &params.iter().find(|(name, _)| name == "sign").unwrap().1;
            key.verifies_sha256(&coursepay_sandbox::alipay::sign::notify_text(pairs), sign)
        };
        for number in ["N1", "N2", "N3"] {
            let cashier = sandbox.precreate(number, &notify_url).await;
            sandbox.post(&format!("{cashier}/approve"), "").await;
            assert!(!is_genuine(&receive(&shop, "200 OK", "fail").await), "the forged one comes first");
            assert!(is_genuine(&receive(&shop, "200 OK", "success").await), "and then the true one");
        }
    }

    #[tokio::test]
    async fn a_body_beyond_the_cap_is_refused() {
        let state = state();
        let sandbox = Sandbox::start(state.path());
        let response = sandbox.post(&format!("{}/gateway.do", sandbox.url), vec![b'a'; 64 * 1024 + 1]).await;
        assert_eq!(response.status(), 413);
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let _sandbox = Sandbox::start(state.path());
        let mode = std::fs::metadata(state.path().join("v3/keys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_port_or_a_directory_in_use_is_one_clear_line() {
        let (state, other) = (state(), state());
        let sandbox = Sandbox::start(state.path());
        let port = sandbox.url.rsplit(':').next().unwrap();
        for (mut command, words) in [
            (program(other.path(), port), format!("port {port} is in use")),
            (program(state.path(), "0"), "another sandbox uses".to_owned()),
        ] {
            let mut process = command.spawn().unwrap();
            let mut complaint = String::new();
            process.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
            assert!(!process.wait().unwrap().success());
            assert!(complaint.contains(&words) && complaint.trim().lines().count() == 1, "{complaint}");
        }
    }
}
