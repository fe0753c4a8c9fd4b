use super::harness::Site;

#[tokio::test]
async fn only_demo_learners_can_log_in() {
    let site = Site::open().await;
    let answer =
        site.client.post(format!("{}/login", site.url)).form(&[("user", "mallory")]).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.headers().get("set-cookie").is_none());
    assert!(answer.text().await.unwrap().contains("没有这个演示学员"));
}

#[tokio::test]
async fn another_site_can_log_nobody_in_or_out() {
    let site = Site::open().await;
    for (path, form) in [("/login", [("user", "bo")]), ("/logout", [("next", "/")])] {
        let answer = site
            .client
            .post(format!("{}{path}", site.url))
            .header("origin", "http://evil.example")
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{path}");
        assert!(answer.headers().get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn the_page_says_who_is_logged_in_until_they_log_out() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    assert!(site.page("/", Some(&alice)).await.contains("Alice"));
    assert!(!site.page("/", None).await.contains("Alice"));
    let answer = site
        .client
        .post(format!("{}/logout", site.url))
        .header("cookie", &alice)
        .form(&[("next", "//evil.example")])
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/"));
    assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_session_does_not_survive_a_restart() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    assert!(!site.restarted().await.page("/", Some(&alice)).await.contains("Alice"));
}

#[tokio::test]
async fn the_language_is_chinese_until_another_is_chosen_and_then_remembered() {
    let site = Site::open().await;
    assert!(site.page("/", None).await.contains(r#"<html lang="zh-CN">"#));
    let answer = site.get("/courses/rust-101?lang=en", None).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = answer.text().await.unwrap();
    assert!(
        page.contains(r#"<html lang="en">"#) && page.contains(r#"token-url="/checkout-token" lang="en""#)
    );
    assert!(site.page("/", Some(&cookie)).await.contains("Three courses by two teachers"));
    assert!(site.page("/?lang=zh-CN", Some(&cookie)).await.contains("三门课"));
    assert!(site.page("/?lang=xx", None).await.contains("三门课"));
}

#[tokio::test]
async fn a_page_never_links_to_a_host_that_its_own_address_names() {
    let site = Site::open().await;
    let answer = site.get("//evil.example/x", None).await;
    assert_eq!(answer.status(), 404);
    assert!(!answer.text().await.unwrap().contains("evil.example"));
}

#[tokio::test]
async fn a_login_leads_back_to_where_it_was_asked_for() {
    let site = Site::open().await;
    for (next, location) in [("/purchases", "/purchases"), ("/login", "/"), ("https://evil.example", "/")] {
        let form = [("user", "bo"), ("next", next)];
        let answer = site.client.post(format!("{}/login", site.url)).form(&form).send().await.unwrap();
        assert_eq!(answer.headers()["location"], location, "{next}");
    }
    let page = site.page("/login?next=/purchases&lang=en", None).await;
    assert!(
        page.contains(r#"name="next" value="/purchases""#) && page.contains(r#"href="/login?lang=zh-CN""#)
    );
}
