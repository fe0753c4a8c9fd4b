use super::harness::Site;

const POLICY: &str = "default-src 'none'; \
    script-src 'self' http://pay.localhost:8787 'wasm-unsafe-eval'; \
    connect-src 'self' http://pay.localhost:8787; \
    style-src 'self'; img-src 'self'; font-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGES: [&str; 6] =
    ["/", "/courses/rust-101", "/courses/rust-101/lessons/1", "/login", "/nothing", "/covers/rust-101.svg"];

#[tokio::test]
async fn every_answer_carries_the_policy_that_the_widget_documents() {
    let site = Site::open().await;
    for path in PAGES {
        let answer = site.get(path, None).await;
        assert_eq!(answer.headers()["content-security-policy"], POLICY, "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers()["referrer-policy"], "same-origin", "{path}");
    }
}

#[tokio::test]
async fn no_page_has_a_script_or_a_style_inside() {
    let site = Site::open().await;
    for path in PAGES {
        let page = site.page(path, None).await;
        for script in page.split("<script").skip(1) {
            let tag = script.split_once('>').unwrap();
            assert!(tag.0.contains("src=") && tag.1.starts_with("</script>"), "{path}: {script}");
        }
        assert!(
            !page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn only_names_of_this_machine_get_an_answer() {
    let site = Site::open().await;
    for (host, status) in [("school.localhost:8791", 200), ("127.0.0.1:8791", 200), ("school.example", 421)] {
        let answer = site.client.get(&site.url).header("host", host).send().await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
    }
}
