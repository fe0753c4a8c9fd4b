// Does an impatient learner pay twice? At every step of the checkout, with whoever should answer being slow, they click
// twice, open a second tab, reload, or go back and forth: afterwards there is one order, one charge at the gateway, one
// sale in the ledger and one course opened, and every tab shows it paid.
//
// Gates hold what is slow until the learner has done it (gate.mjs); nothing waits for a time. Who is logged in is played
// at the edge of the browser, because the school knows two learners and this needs many.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkoutToken, openStage, press, screenshots } from "./stage.mjs";

const COURSE = "ink-painting";
const PRICE = 10_000;

const nothing = () => {};

let stage;
before(async () => (stage = await openStage({ gated: true })), { timeout: 120_000 });
after(() => stage?.close());

/** Waits for something outside the page; the loop asks again as fast as it is answered. */
async function soon(holds, what) {
  const deadline = performance.now() + 20_000;
  for (let seen; ; await new Promise(setImmediate)) {
    if ((seen = await holds())) return seen;
    assert.ok(performance.now() < deadline, what);
  }
}

const photograph = (page, name) => page.screenshot({ path: join(screenshots, `race-${name}.png`) });

const checkoutOf = (page) => page.locator("coursepay-checkout");
// Through locators, which give up in time: between two pages a browser may owe an answer for ever.
const AT_ONCE = { timeout: 500 };
/** What the checkout is at; nothing while there is none, it has not come, or the browser is between two pages. */
const phaseOf = async (page) =>
  (await checkoutOf(page).locator(".card").getAttribute("data-phase", AT_ONCE).catch(nothing)) ?? undefined;
/** Whether the learner, in the tab before them, has scrolled to the checkout: it loads only where it is seen. */
const scrollsTo = (page) => checkoutOf(page).scrollIntoViewIfNeeded(AT_ONCE).then(() => true, () => false);
/** The learner looks at the page again, which then asks how it stands. */
const look = (page) => page.locator("body").dispatchEvent("pageshow", {}, AT_ONCE).catch(nothing);
const isAtGateway = (page) => /\/cashier\/|\/c\/pay\//.test(page.url());

/** One learner with one tab, and the way they pay. */
async function arrive(way, name) {
  const settings = { viewport: { width: 1180, height: 860 }, locale: "zh-CN", reducedMotion: "reduce" };
  const context = await stage.browser.newContext(settings);
  context.setDefaultTimeout(10_000);
  const complaints = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  await context.route("**/checkout-token", (route) => route.fulfill({ json: { token: checkoutToken(name) } }));
  if (way === "wallet.balance") {
    const credit = { amount_minor: PRICE * 3, currency: "CNY", reason: "for the races" };
    await stage.platform("POST", `/v1/wallets/${name}/credits`, credit);
  }
  const page = await context.newPage();
  // A page to go back to.
  await page.goto(`${stage.schoolSite}/`);
  const learner = { way, name, context, complaints, page, tabs: [page], hasPaid: false };
  await comeTo(page);
  await choose(learner, page);
  return learner;
}

async function comeTo(page) {
  await page.goto(`${stage.schoolSite}/courses/${COURSE}`);
  await checkoutOf(page).scrollIntoViewIfNeeded();
}

const choose = ({ way }, page) => checkoutOf(page).locator(`input[value="${way}"]`).check({ force: true });
const pay = (page) => checkoutOf(page).locator("button.pay").click({ noWaitAfter: true });

/** The learner's orders, with every attempt of each. */
const ordersOf = ({ name }) =>
  stage.sql(
    `SELECT o.id, o.status, (SELECT json_group_array(a.id) FROM attempts a WHERE a.order_id = o.id) AS attempts
     FROM orders o JOIN buyers b ON b.id = o.buyer_id WHERE b.user_id = ?1`,
    name,
  );

/** What the gateways know of the learner's payments. */
async function chargesOf(learner) {
  const numbers = (await ordersOf(learner)).flatMap(({ attempts }) => JSON.parse(attempts));
  const { payments } = await (await fetch(`${stage.sandboxUrl}/sandbox/payments.json`)).json();
  return payments.filter(({ number }) => numbers.includes(number));
}

/** Pays at the cashier: in the tab that is there, else as a phone does. */
async function approve(learner) {
  if (learner.hasPaid || learner.way === "wallet.balance") return;
  learner.hasPaid = true;
  const there = learner.tabs.find(isAtGateway);
  if (there) {
    await there.locator('form[action*="/approve"] button').first().click();
    return;
  }
  const [charge] = await soon(async () => {
    const charges = await chargesOf(learner);
    return charges.length > 0 && charges;
  }, "the gateway knows the payment");
  await press("approve", charge.cashier_url);
}

/** What a learner does where the checkout stands: chooses and pays, or goes (again) where it is paid. */
async function goOn(learner, page) {
  const { way } = learner;
  const checkout = checkoutOf(page);
  for (let did; ; ) {
    await soon(async () => isAtGateway(page) || !["loading", undefined].includes(await phaseOf(page)), "the page is there");
    if (isAtGateway(page)) return;
    const phase = await phaseOf(page);
    if (phase === did) return;
    did = phase;
    if (phase === "choosing") {
      await choose(learner, page);
      await pay(page);
      return;
    }
    if (learner.hasPaid || !way.endsWith(".redirect")) return;
    if (phase === "confirming") {
      await checkout.locator("button.secondary").click();
    } else if (phase === "redirecting") {
      await checkout.locator("a.pay").click({ noWaitAfter: true });
      return;
    } else {
      return;
    }
  }
}

/** How far the learner has come when they lose patience. Each gives what lets the slow one answer. */
const STEPS = {
  "before anything is asked": async () => nothing,

  "while the order is being made": async ({ page }) => {
    const held = stage.gates.worker.holdAnswers(/^POST \/v1\/orders /);
    await pay(page);
    await held.arrived;
    return held.release;
  },

  "while the payment is being made": async ({ page, way }) => {
    const atGateway = { "alipay.qr": /gateway\.do.*precreate|precreate/, "card.redirect": /^POST \/v1\/checkout\/sessions/ };
    const held = atGateway[way]
      ? stage.gates.gateways.holdAnswers(atGateway[way])
      : stage.gates.worker.holdAnswers(/^POST \S+\/payments /);
    await pay(page);
    await held.arrived;
    return held.release;
  },

  "while it waits to be paid": async ({ page, way, race }) => {
    if (way === "alipay.qr") {
      await pay(page);
      await checkoutOf(page).locator("svg.qr").waitFor();
      return nothing;
    }
    // The gateway's page takes its time, and the browser still shows ours.
    const held = stage.gates.gateways.holdAnswers(/^GET \/(gateway\.do|c\/pay\/)/);
    // A browser on its way to another site lets nobody drive it, so the page clicks by itself.
    if (race === "clicking twice") await page.evaluate(clickLinkTwice);
    await pay(page);
    await held.arrived;
    return held.release;
  },

  "coming back from the gateway": async (learner) => {
    const { page } = learner;
    await pay(page);
    await page.waitForURL(/\/cashier\/|\/c\/pay\//);
    // The callback comes later than the learner, and the question is answered later still.
    const callback = stage.gates.worker.holdRequests(/^POST \/v1\/callbacks\//);
    const held = stage.gates.gateways.holdAnswers(/trade\.query|^GET \/v1\/checkout\/sessions\//);
    await approve(learner);
    await page.waitForURL(/\/courses\//);
    await held.arrived;
    return () => {
      held.release();
      callback.release();
    };
  },

  "just when it is paid": async (learner) => {
    const { page, way } = learner;
    const hold = () => stage.gates.worker.holdAnswer(/^GET \/v1\/orders\/|^POST \S+\/check /);
    const fromWallet = way === "wallet.balance" && hold();
    await pay(page);
    if (way === "alipay.qr") await checkoutOf(page).locator("svg.qr").waitFor();
    if (way.endsWith(".redirect")) await page.waitForURL(/\/cashier\/|\/c\/pay\//);
    const held = fromWallet || hold();
    await approve(learner);
    await soon(async () => (await ordersOf(learner)).some(({ status }) => status === "paid"), "the order is paid");
    if (way === "alipay.qr") await look(page);
    await held.arrived;
    return held.release;
  },
};

/** Runs in the page: clicks the link to the gateway twice as soon as there is one. */
function clickLinkTwice() {
  const { shadowRoot } = document.querySelector("coursepay-checkout");
  const watch = new MutationObserver(() => {
    const link = shadowRoot.querySelector("a.pay");
    if (!link) return;
    watch.disconnect();
    link.click();
    link.click();
  });
  watch.observe(shadowRoot, { childList: true, subtree: true });
}

/**
 * Goes back or forth as soon as the browser lets itself be driven: between two pages it answers that it is at none, and
 * has gone nowhere.
 */
const travel = (page, direction) =>
  soon(async () => {
    try {
      await page[direction]({ waitUntil: "commit" });
      return true;
    } catch (error) {
      if (/Not attached to an active page/.test(error)) return false;
      throw error;
    }
  }, `the browser can ${direction}`);

/** What an impatient learner does. */
const RACES = {
  "clicking twice": async (learner) => {
    const { page, step, way } = learner;
    if (step === "while it waits to be paid" && way.endsWith(".redirect")) return;
    if (step === "before anything is asked") {
      await checkoutOf(page).locator("button.pay").dblclick({ noWaitAfter: true });
      return;
    }
    // Whatever the screen offers first, even where it does not take a click.
    await page.evaluate(() => {
      const { shadowRoot } = document.querySelector("coursepay-checkout");
      const first = () => shadowRoot.querySelector("button.pay, a.pay, button.secondary");
      first()?.click();
      first()?.click();
    });
  },

  "in two tabs": async (learner) => {
    const tab = await learner.context.newPage();
    learner.tabs.push(tab);
    await comeTo(tab);
    await goOn(learner, tab);
    if (learner.step === "before anything is asked") await goOn(learner, learner.page);
  },

  reloading: async (learner) => {
    // A browser on its way to another site takes no reload from us; coming anew stops it in the same way.
    if (learner.step === "while it waits to be paid" && learner.way.endsWith(".redirect")) await comeTo(learner.page);
    else await learner.page.reload({ waitUntil: "commit" });
    await goOn(learner, learner.page);
  },

  "going back and forth": async (learner) => {
    if (learner.step === "while it waits to be paid" && learner.way.endsWith(".redirect")) {
      // Back from the gateway's page, which has come after all, and there again.
      learner.release();
      await soon(() => isAtGateway(learner.page), "the gateway's page has come");
    }
    await travel(learner.page, "goBack");
    await travel(learner.page, "goForward");
    await soon(async () => isAtGateway(learner.page) || (await scrollsTo(learner.page)), "the page is seen");
    await goOn(learner, learner.page);
  },
};

/** Lets the learner look at a tab until it shows what became of the order. */
async function showsPaid(page) {
  if (!page.url().startsWith(`${stage.schoolSite}/courses/`)) await comeTo(page);
  await look(page);
  await soon(async () => {
    const phase = await phaseOf(page);
    if (["paid", "owned"].includes(phase)) return true;
    // A tab that knows of no order: whoever pays there hears that they have it.
    if (phase === "choosing") await pay(page).catch(nothing);
    return false;
  }, `the tab shows it paid, and not ${await phaseOf(page)}`);
}

/** One order, one charge, one sale, one course. */
async function assertOnce(learner) {
  const orders = await ordersOf(learner);
  assert.equal(orders.length, 1, "one order");
  const [{ id, status }] = orders;
  assert.equal(status, "paid");
  const charges = (await chargesOf(learner)).filter(({ outcome }) => outcome === "paid");
  assert.equal(charges.length, learner.way === "wallet.balance" ? 0 : 1, "one charge at the gateway");
  const open = (await chargesOf(learner)).filter(({ outcome }) => outcome === "open");
  assert.deepEqual(open, [], "nothing is left there that could be paid");
  const { entries } = await stage.platform("GET", `/v1/ledger/entries?order=${id}`);
  assert.deepEqual(entries.map(({ kind }) => kind), ["sale"], "one sale, and nothing that goes back");
  const { entitlements } = await stage.platform("GET", `/v1/entitlements?user=${learner.name}&product=${COURSE}`);
  assert.equal(entitlements.length, 1, "the course is opened once");
  if (learner.way === "wallet.balance") assert.equal(await stage.balance(`wallet:${learner.name}`), PRICE * 2);
}

const AT_HOME = ["before anything is asked", "while the order is being made", "while the payment is being made", "just when it is paid"];
const CASES = [
  ["alipay.qr", [...AT_HOME, "while it waits to be paid"]],
  ["alipay.redirect", Object.keys(STEPS)],
  ["card.redirect", Object.keys(STEPS)],
  ["wallet.balance", AT_HOME],
];

let count = 0;
for (const [way, steps] of CASES) {
  for (const step of steps) {
    for (const [race, hurry] of Object.entries(RACES)) {
      test(`${way}: ${race} ${step} pays once`, { timeout: 60_000 }, async () => {
        const learner = await arrive(way, `racer-${(count += 1)}`);
        try {
          Object.assign(learner, { step, race });
          learner.release = await STEPS[step](learner);
          await hurry(learner);
          learner.release();
          await payInTheEnd(learner);
          for (const tab of learner.tabs) await showsPaid(tab);
          await assertOnce(learner);
          assert.deepEqual(learner.complaints, [], "nothing broke in the browser");
        } finally {
          stage.gates.worker.releaseAll();
          stage.gates.gateways.releaseAll();
          await learner.context.close();
        }
      });
    }
  }
}

/** Somebody presses "pay" at a cashier, whatever became of the order meanwhile. */
const payLate = ({ cashier_url }) =>
  fetch(`${cashier_url}/approve`, { method: "POST", headers: { accept: "application/json" } });

test("a code is taken away where another tab chose the card, and both tabs show it paid once", { timeout: 60_000 }, async () => {
  const learner = await arrive("alipay.qr", "racer-with-a-card");
  try {
    const { page, context } = learner;
    await pay(page);
    await checkoutOf(page).locator("svg.qr").waitFor();
    const [code] = await chargesOf(learner);
    await fetch(code.cashier_url, { headers: { accept: "text/html" } });
    // The card's page takes its time, so the learner looks at the first tab again.
    const held = stage.gates.gateways.holdAnswers(/^POST \/v1\/checkout\/sessions /);
    const tab = await context.newPage();
    learner.tabs.push(tab);
    await comeTo(tab);
    learner.way = "card.redirect";
    await goOn(learner, tab);
    await held.arrived;
    await page.bringToFront();
    await look(page);
    await checkoutOf(page).locator(".notice").waitFor();
    await photograph(page, "another-tab-chose-the-card");
    held.release();
    await tab.waitForURL(/\/c\/pay\//);
    assert.equal((await payLate(code)).status, 409, "a phone that has scanned the code cannot pay by it any more");
    await approve(learner);
    for (const each of learner.tabs) await showsPaid(each);
    await assertOnce(learner);
    await photograph(page, "another-tab-has-paid");
  } finally {
    stage.gates.gateways.releaseAll();
    await learner.context.close();
  }
});

test("a code that is paid although another tab has paid from the wallet is paid back by itself", { timeout: 60_000 }, async () => {
  const learner = await arrive("wallet.balance", "racer-with-a-wallet");
  try {
    const { page, context } = learner;
    learner.way = "alipay.qr";
    await choose(learner, page);
    await pay(page);
    await checkoutOf(page).locator("svg.qr").waitFor();
    const [code] = await chargesOf(learner);
    const tab = await context.newPage();
    learner.tabs.push(tab);
    await comeTo(tab);
    learner.way = "wallet.balance";
    await goOn(learner, tab);
    for (const each of [tab, page]) await showsPaid(each);
    // Alipay knows nothing of a code that nobody has scanned, and so cannot close it.
    assert.equal((await payLate(code)).status, 200);
    await soon(async () => {
      await stage.runCron();
      const [{ refunds }] = (await chargesOf(learner)).filter(({ number }) => number === code.number);
      return refunds.length === 1 && refunds[0].amount_minor === PRICE;
    }, "what came too late has gone back");
    const [{ id, status }, ...more] = await ordersOf(learner);
    assert.deepEqual([status, more], ["paid", []]);
    const { entries } = await stage.platform("GET", `/v1/ledger/entries?order=${id}`);
    assert.equal(entries.filter(({ kind }) => kind === "sale").length, 1, "one sale");
    assert.equal(await stage.balance(`wallet:${learner.name}`), PRICE * 2);
  } finally {
    await learner.context.close();
  }
});

/** Brings whatever is under way to its end: every tab goes on to where it is paid, and there it is. */
async function payInTheEnd(learner) {
  const isElsewhere = learner.way.endsWith(".redirect");
  for (const tab of learner.hasPaid || learner.way === "wallet.balance" ? [] : learner.tabs) {
    let went = false;
    await soon(async () => {
      if (isAtGateway(tab)) return true;
      const phase = await phaseOf(tab);
      const stays = phase === "choosing" || (isElsewhere && phase === "confirming");
      if (stays && !went) {
        went = true;
        await goOn(learner, tab);
      }
      return ["paid", "owned"].includes(phase) || (!isElsewhere && ["scanning", "confirming"].includes(phase));
    }, "the tab comes to where it is paid");
  }
  await approve(learner);
}
