use super::harness::{NOW_MS, Site, Webhook};

const LESSON: &str = "/courses/rust-101/lessons/2";
const FROM_LESSON_ONE: &str = "cargo new";

#[tokio::test]
async fn lessons_are_for_those_who_bought_the_course() {
    let site = Site::open().await;
    let (alice, bo) = (site.log_in("alice").await, site.log_in("bo").await);
    assert_eq!(site.get(LESSON, Some(&alice)).await.status(), 403);

    site.deliver(&Webhook::order_paid("msg_1", "order-1", Some("alice"), "rust-101")).await;
    assert_eq!(site.get(LESSON, Some(&alice)).await.status(), 200);
    assert_eq!(site.get(LESSON, Some(&bo)).await.status(), 403);
    assert_eq!(site.get(LESSON, None).await.status(), 403);
    assert_eq!(site.get("/courses/ink-painting/lessons/1", Some(&alice)).await.status(), 403);
}

#[tokio::test]
async fn a_locked_page_holds_nothing_of_a_lesson() {
    let site = Site::open().await;
    for path in ["/courses/rust-101", "/courses/rust-101/lessons/1"] {
        let page = site.page(path, None).await;
        assert!(!page.contains(FROM_LESSON_ONE), "{path}");
    }
}

#[tokio::test]
async fn a_course_page_has_the_checkout_until_the_course_is_bought() {
    let site = Site::open().await;
    let alice = site.log_in("alice").await;
    let checkout = r#"<coursepay-checkout product="rust-101" api="http://pay.localhost:8787" token-url="/checkout-token" lang="zh-CN">"#;
    let script = r#"<script type="module" src="http://pay.localhost:8787/checkout.js"></script>"#;
    for cookie in [None, Some(alice.as_str())] {
        let page = site.page("/courses/rust-101", cookie).await;
        assert!(page.contains(checkout) && page.contains(script), "{page}");
        assert!(!page.contains("已解锁"));
    }

    site.deliver(&Webhook::order_paid("msg_1", "order-1", Some("alice"), "rust-101")).await;
    let page = site.page("/courses/rust-101", Some(&alice)).await;
    assert!(!page.contains("<coursepay-checkout") && !page.contains("<script"));
    assert!(page.contains("已解锁") && page.contains(FROM_LESSON_ONE));
    assert!(page.contains(r#"href="/courses/rust-101/lessons/1""#));
    assert!(site.page("/", Some(&alice)).await.contains(r#"data-course="rust-101" data-owned="true""#));
    assert!(site.page("/", None).await.contains(r#"data-course="rust-101" data-owned="false""#));
}

#[tokio::test]
async fn the_page_can_ask_for_its_own_learner_whether_the_course_is_unlocked() {
    let site = Site::open().await;
    let (alice, bo) = (site.log_in("alice").await, site.log_in("bo").await);
    let path = "/courses/rust-101/state";
    assert_eq!(site.json(path, Some(&alice)).await["unlocked"], false);
    site.deliver(&Webhook::order_paid("msg_1", "order-1", Some("alice"), "rust-101")).await;
    assert_eq!(site.json(path, Some(&alice)).await["unlocked"], true);
    assert_eq!(site.json(path, Some(&bo)).await["unlocked"], false);
    assert_eq!(site.json(path, None).await["unlocked"], false);
    assert_eq!(site.get("/courses/no-such-course/state", None).await.status(), 404);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let site = Site::open().await;
    for path in [
        "/nothing",
        "/courses/no-such-course",
        "/courses/rust-101/lessons/0",
        "/courses/rust-101/lessons/99",
        "/courses/rust-101/lessons/x",
        "/courses/rust-101/lessons/-1",
        "/covers/..%2Fschool.css",
        "/icons/none.svg",
    ] {
        assert_eq!(site.get(path, None).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn purchases_show_what_was_paid_when_and_how() {
    let site = Site::open().await;
    let answer = site.get("/purchases", None).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/login?next=/purchases".parse().unwrap())
    );

    let bo = site.log_in("bo").await;
    site.deliver(&Webhook::order_paid("msg_1", "order-1", Some("bo"), "rust-101")).await;
    site.deliver(&Webhook::order_paid("msg_2", "order-2", Some("bo"), "a<b>gone")).await;
    site.deliver(&Webhook::order_paid("msg_3", "order-3", Some("alice"), "rust-101")).await;
    let page = site.page("/purchases", Some(&bo)).await;
    for shown in [
        "¥99.00",
        "2026-01-01 08:00",
        "支付宝",
        "order-1",
        "order-2",
        "Rust 入门",
        "Sold under this title",
        r#"href="/courses/rust-101""#,
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("order-3"));
    assert_eq!(NOW_MS % 1000, 0);
}
