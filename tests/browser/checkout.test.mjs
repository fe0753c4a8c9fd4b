// What a learner meets on a course page: the real widget, on the school's site, which is another one than the
// Worker's, under a CSP that allows nothing but what the widget documents. Every state is photographed into
// target/screenshots.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openStage, press, screenshots } from "./stage.mjs";

const DESKTOP = { width: 1180, height: 860 };
const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent:
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36",
};

let stage;
before(async () => (stage = await openStage()), { timeout: 120_000 });
after(() => stage?.close());

/** A browser profile of one person, on the school's site. Nothing may break the page's CSP. */
async function visit({ as, viewport = DESKTOP, ...settings } = {}, body) {
  // Without motion, so that a picture shows a state and not the way to it.
  const still = { viewport, locale: "zh-CN", reducedMotion: "reduce" };
  const context = await stage.browser.newContext({ ...still, ...settings });
  context.setDefaultTimeout(20_000);
  const complaints = [];
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  const page = await context.newPage();
  try {
    if (as) {
      await page.goto(`${stage.schoolSite}/login`);
      await page.locator(`button[name=user][value=${as}]`).first().click();
      await page.waitForURL(`${stage.schoolSite}/`);
    }
    await body(page, context);
    assert.deepEqual(complaints, [], "the browser has nothing to complain of");
  } finally {
    await context.close();
  }
}

async function open(page, course, query = "") {
  await page.goto(`${stage.schoolSite}/courses/${course}${query}`);
  const checkout = page.locator("coursepay-checkout");
  await checkout.scrollIntoViewIfNeeded();
  return checkout;
}

const photograph = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) });

/** Follows the answers to `POST …/payments`, which say what each attempt's QR code holds. */
function attemptsOf(page) {
  const attempts = [];
  page.on("response", async (response) => {
    if (response.request().method() !== "POST" || !response.url().endsWith("/payments")) return;
    if (response.status() === 201) attempts.push(await response.json());
  });
  return attempts;
}

const choose = (checkout, channel) => checkout.locator(`input[value="${channel}"]`).check({ force: true });
const pay = (checkout) => checkout.locator("button.pay").click();

async function showQr(page, course, query) {
  const attempts = attemptsOf(page);
  const checkout = await open(page, course, query);
  await choose(checkout, "qr");
  await pay(checkout);
  await checkout.locator("svg.qr").waitFor();
  await assertSoon(() => attempts.length > 0, "the attempt's answer was seen");
  return { checkout, attempt: attempts[0] };
}

/** Waits for something outside the page; the loop asks again as fast as it is answered. */
async function assertSoon(holds, what) {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) assert.ok(performance.now() < deadline, what);
}

test("a course is bought by Alipay: paid on the page, booked to the cent, unlocked by the school", async () => {
  const [pending, fees] = [await stage.balance("creator:lin:pending"), await stage.balance("platform:fees")];
  await visit({ as: "bo" }, async (page) => {
    const attempts = attemptsOf(page);
    const checkout = await open(page, "rust-101");
    await checkout.locator("button.pay").waitFor();
    await photograph(page, "offer");
    await choose(checkout, "qr");
    await pay(checkout);
    await checkout.locator("svg.qr").waitFor();
    await photograph(page, "qr");
    assert.match(await checkout.locator(".countdown .time").innerText(), /^\d\d:\d\d$/);

    // The paid state stays until the school has heard of it; then the page shows the course.
    await page.route("**/courses/rust-101/state*", (route) =>
      route.fulfill({ json: { unlocked: false, recorded: false } }),
    );
    await press("approve", attempts[0].action.content);
    await checkout.locator(".badge.good").waitFor();
    await photograph(page, "paid");
    await page.unroute("**/courses/rust-101/state*");
    await assertSoon(() => stage.unlocked("bo", "rust-101"), "the school verified the webhook");
    await page.reload();
    await page.locator("[data-unlocked]").first().waitFor();
    await photograph(page, "unlocked");
  });
  assert.equal(await stage.balance("creator:lin:pending"), pending + 6_930);
  assert.equal(await stage.balance("platform:fees"), fees + 2_970);
});

test("a course is bought from the wallet", async () => {
  await stage.platform("POST", "/v1/wallets/alice/credits", {
    ...{ amount_minor: 50_000, currency: "CNY", reason: "for the browser test" },
  });
  await visit({ as: "alice" }, async (page) => {
    const checkout = await open(page, "ink-painting");
    await choose(checkout, "balance");
    await photograph(page, "wallet");
    await pay(checkout);
    await assertSoon(() => stage.unlocked("alice", "ink-painting"), "the school verified the webhook");
    await page.locator("[data-unlocked]").first().waitFor();
  });
  assert.equal(await stage.balance("wallet:alice"), 40_000);
});

test("a wallet that holds too little leaves the order open and says so", async () => {
  await visit({ as: "bo" }, async (page) => {
    const checkout = await open(page, "ink-painting");
    await checkout.locator("button.pay").waitFor();
    const wallet = checkout.locator('label.method:has(input[value="balance"])');
    assert.ok(await wallet.locator("input").isDisabled(), "an empty wallet cannot be chosen");
    await photograph(page, "wallet-short");
  });
});

test("a reload while the QR code shows brings back the same order and the same code", async () => {
  await visit({ as: "alice" }, async (page) => {
    const { checkout, attempt } = await showQr(page, "ledger-design");
    const before = await checkout.locator("svg.qr path").getAttribute("d");
    await page.reload();
    await page.locator("coursepay-checkout").scrollIntoViewIfNeeded();
    await checkout.locator("svg.qr").waitFor();
    assert.equal(await checkout.locator("svg.qr path").getAttribute("d"), before);
    const attempts = await stage.sql("SELECT id FROM attempts WHERE order_id = (SELECT order_id FROM attempts WHERE id = ?1)", attempt.id);
    assert.equal(attempts.length, 1, "no second attempt was started");
  });
});

test("whoever says they have paid waits while the gateway is asked, and can go back to the code", async () => {
  await visit({}, async (page) => {
    const { checkout } = await showQr(page, "ink-painting");
    const asked = page.waitForResponse((response) => response.url().endsWith("/check"));
    await checkout.locator("button.secondary").click();
    await checkout.locator(".card[data-phase=confirming]").waitFor();
    assert.equal((await asked).status(), 200);
    await photograph(page, "waiting");
    await checkout.locator("button.secondary").click();
    await checkout.locator("svg.qr").waitFor();
  });
});

test("a double click and a second tab make one order", async () => {
  await visit({ as: "bo" }, async (page, context) => {
    const checkout = await open(page, "ledger-design");
    await choose(checkout, "qr");
    await checkout.locator("button.pay").dblclick({ noWaitAfter: true });
    await checkout.locator("svg.qr").waitFor();
    const code = await checkout.locator("svg.qr path").getAttribute("d");

    const tab = await context.newPage();
    const second = await open(tab, "ledger-design");
    await second.locator("button.pay, svg.qr").first().waitFor();
    if (await second.locator("button.pay").count()) {
      await choose(second, "qr");
      await pay(second);
    }
    await second.locator("svg.qr").waitFor();
    assert.equal(await second.locator("svg.qr path").getAttribute("d"), code);
    const orders = await stage.sql(
      "SELECT o.id FROM orders o JOIN buyers b ON b.id = o.buyer_id WHERE b.user_id = 'bo' AND o.lines LIKE '%ledger-design%'",
    );
    assert.equal(orders.length, 1);
  });
});

test("a visitor without an account buys as a guest", async () => {
  await visit({}, async (page) => {
    const { checkout, attempt } = await showQr(page, "rust-101");
    await press("approve", attempt.action.content);
    await checkout.locator(".badge.good").waitFor();
    await photograph(page, "guest-paid");
  });
});

test("on a phone the gateway's own page comes first, in English and in the dark as well", async () => {
  await visit({ as: "alice", ...PHONE, locale: "en-US", colorScheme: "dark" }, async (page) => {
    const checkout = await open(page, "rust-101", "?lang=en");
    await checkout.locator("button.pay").waitFor();
    assert.equal(await checkout.locator("input[name=method]").first().getAttribute("value"), "mobile");
    await photograph(page, "phone-offer-en-dark");
  });
});

test("on a phone the payment goes through the gateway's page and back", async () => {
  await visit({ as: "alice", ...PHONE }, async (page) => {
    const checkout = await open(page, "rust-101");
    await choose(checkout, "mobile");
    await pay(checkout);
    await page.waitForURL(/\/cashier\//);
    await photograph(page, "phone-cashier");
    await page.locator('form[action*="/approve"] button').click();
    await page.waitForURL(/\/courses\/rust-101/);
    await assertSoon(() => stage.unlocked("alice", "rust-101"), "the school verified the webhook");
    await page.locator("[data-unlocked]").first().waitFor();
    await photograph(page, "phone-unlocked");
  });
});

test("a refused payment says so and can be tried again", async () => {
  await visit({}, async (page) => {
    // The gateway's refusal is played at the edge of the browser; everything after it is real.
    await page.route("**/payments", (route) =>
      route.fulfill({
        status: 502,
        contentType: "application/problem+json",
        headers: { "access-control-allow-origin": "*" },
        body: JSON.stringify({
          type: "urn:coursepay:problem:gateway_refused",
          title: "The payment gateway refused the payment.",
          status: 502,
          code: "gateway_refused",
          detail: "The gateway refused with ACQ.ACCESS_FORBIDDEN.",
        }),
      }),
    );
    const checkout = await open(page, "ledger-design");
    await choose(checkout, "qr");
    await pay(checkout);
    await checkout.locator(".badge.bad").waitFor();
    await photograph(page, "failed");
    await page.unroute("**/payments");
    await checkout.locator("button.pay").click();
    await checkout.locator("svg.qr, button.pay:not([disabled])").first().waitFor();
  });
});

test("a Worker that does not answer is said so, and asked again on request", async () => {
  await visit({}, async (page) => {
    // An answer that never came is played at the edge of the browser.
    await page.route("**/v1/products/**", (route) => route.abort("connectionfailed"));
    const checkout = await open(page, "ink-painting");
    await checkout.locator(".card[data-phase=unavailable]").waitFor();
    await photograph(page, "unavailable");
    await page.unroute("**/v1/products/**");
    await checkout.locator("button.pay").click();
    await checkout.locator(".card[data-phase=choosing]").waitFor();
  });
});

test("an order whose time is up is closed at the gateway and offers a new one", async () => {
  await visit({}, async (page) => {
    const { checkout, attempt } = await showQr(page, "ledger-design");
    // Half an hour passes in the database; everything that follows from it is real.
    const order = "(SELECT order_id FROM attempts WHERE id = ?1)";
    const soon = "expires_at_ms = created_at_ms + 1, next_at_ms = 1";
    await stage.sql(`UPDATE orders SET ${soon} WHERE id = ${order}`, attempt.id);
    await stage.runCron();
    await checkout.locator(".badge.late").waitFor();
    await photograph(page, "expired");
    await assertSoon(async () => {
      const [{ status }] = await stage.sql("SELECT status FROM attempts WHERE id = ?1", attempt.id);
      return status === "closed";
    }, "the gateway was told that the code is void");
    await pay(checkout);
    await checkout.locator("svg.qr, button.pay:not([disabled])").first().waitFor();
  });
});
