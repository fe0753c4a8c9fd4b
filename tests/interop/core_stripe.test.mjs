// Do the stripe package and our own code say the same to Stripe, and believe the same? The SDK makes each call to
// an HTTP server here, and what it sends is compared with what we would send; events are signed by its own
// generateTestHeaderString and read by its constructEvent and by us.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Stripe from "stripe";
import {
  ATTEMPT,
  NONCE,
  NOW_MS,
  ODD,
  PLAIN_ODD,
  REFUND,
  altered,
  each,
  openEar,
  openSpeaker,
  payment,
  refund,
} from "./speaker.mjs";

const SECRETS = ["whsec_the_endpoints_own_secret_0123456789", "whsec_the_one_that_comes_after_it_0123456"];
const NOW_S = Math.floor(NOW_MS / 1_000);
const SESSION = "cs_test_a1b2C3";
const INTENT = "pi_3Qabc";
const DISPUTE = "du_1Qabc";

let ear;
let reply;
let speaker;
let stripe;
before(async () => {
  ear = await openEar((request) => reply(request));
  speaker = await openSpeaker({
    gateway: "stripe",
    livemode: false,
    base_url: ear.url,
    verifying: SECRETS.map((secret, at) => ({ id: `secret ${at}`, secret })),
  });
  stripe = new Stripe("sk_test_of_this_run", {
    host: "127.0.0.1",
    port: ear.port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
  });
});
after(() => Promise.all([ear?.close(), speaker?.close()]));

/** A title as it reaches Stripe. */
const titleOf = (text) =>
  [...text.trim()]
    .map((c) => (/\p{Cc}/u.test(c) ? " " : c))
    .slice(0, 250)
    .join("");

/** A form as Stripe reads it: `a[b][0]=c` and `a[b][]=c` are one and the same. */
function nested(form) {
  const whole = {};
  for (const [name, value] of new URLSearchParams(form)) {
    const path = [...name.matchAll(/[^[\]]+|(?<=\[)(?=\])/g)].map(([part]) => part);
    let place = whole;
    for (const part of path.slice(0, -1)) place = place[part] ??= {};
    const last = path.at(-1) === "" ? Object.keys(place).length : path.at(-1);
    assert.equal(place[last], undefined, `${name} stands once`);
    place[last] = value;
  }
  return whole;
}

/** Each task: what it is about, and the SDK's call for it. */
function taskOf(name, { text = "Rust", currency = "CNY" } = {}) {
  const of = payment({ channel: "redirect", subject: text, currency });
  const named = { ...of, gateway_ref: SESSION };
  const paid = { ...named, paid_as: INTENT };
  const metadata = { attempt: ATTEMPT };
  const { sessions } = stripe.checkout;
  switch (name) {
    case "create": {
      const product_data = { name: titleOf(text) };
      const session = {
        mode: "payment",
        line_items: [
          { price_data: { currency: currency.toLowerCase(), unit_amount: 9_900, product_data }, quantity: 1 },
        ],
        client_reference_id: ATTEMPT,
        metadata,
        payment_intent_data: { metadata },
        success_url: of.return_url,
        cancel_url: of.return_url,
        expires_at: Math.floor(of.expires_at_ms / 1_000) + 31 * 60,
        locale: "auto",
        adaptive_pricing: { enabled: false },
      };
      return {
        task: name,
        of,
        call: () => sessions.create(session, { idempotencyKey: `${ATTEMPT}-create` }),
      };
    }
    case "query":
      return {
        task: name,
        of: named,
        call: () => sessions.retrieve(SESSION, { expand: ["payment_intent.latest_charge"] }),
      };
    case "search": {
      const wanted = {
        query: `metadata['attempt']:'${ATTEMPT}'`,
        limit: 100,
        expand: ["data.latest_charge"],
      };
      const old = { ...of, created_at_ms: NOW_MS - 2 * 86_400_000 };
      return { task: "query", of: old, call: () => stripe.paymentIntents.search(wanted) };
    }
    case "close": {
      const idempotencyKey = `${ATTEMPT}-close-${NONCE}`;
      return { task: name, of: named, call: () => sessions.expire(SESSION, {}, { idempotencyKey }) };
    }
    case "refund": {
      const wanted = {
        payment_intent: INTENT,
        amount: 3_000,
        metadata: { refund: REFUND, attempt: ATTEMPT },
      };
      return {
        task: name,
        of: refund(paid),
        call: () => stripe.refunds.create(wanted, { idempotencyKey: REFUND }),
      };
    }
    case "query_refund":
      return {
        task: name,
        of: refund(paid, { gateway_no: "re_1" }),
        call: () => stripe.refunds.retrieve("re_1"),
      };
    case "query_dispute":
      return {
        task: name,
        of: { dispute: DISPUTE },
        call: () => stripe.disputes.retrieve(DISPUTE),
      };
    default:
      return {
        task: "query_refund",
        of: refund(paid),
        call: () => stripe.refunds.list({ payment_intent: INTENT, limit: 100 }),
      };
  }
}

describe("requests", () => {
  async function comparesWith(name, options) {
    const { task, of, call } = taskOf(name, options);
    const { request } = await speaker.ask(task, of);
    reply = () => ({ body: "{}" });
    await call();
    const sent = ear.only();
    const [own, its] = [new URL(request.url), new URL(sent.target, ear.url)];
    assert.deepEqual([request.verb, own.pathname], [sent.verb, its.pathname]);
    assert.deepEqual([nested(own.search), nested(request.body)], [nested(its.search), nested(sent.body)]);
    for (const header of ["stripe-version", "idempotency-key"])
      assert.equal(request.headers[header], sent.headers[header], header);
    if (request.verb === "POST") assert.equal(request.headers["content-type"], sent.headers["content-type"]);
    return { request, sent };
  }

  for (const [what, text] of each(ODD)) {
    test(`a session is created as the SDK creates it: ${what}`, async () => {
      const { request, sent } = await comparesWith("create", { text });
      const { price_data } = nested(request.body).line_items[0];
      assert.equal(price_data.product_data.name, titleOf(text));
      assert.ok(
        [...new URLSearchParams(request.body)].every(([, value]) => value !== ""),
        "Stripe unsets what is empty",
      );
      assert.notDeepEqual(nested(altered(request.body, "unit_amount%5D=").toString()), nested(sent.body));
    });
  }

  for (const currency of ["USD", "EUR", "GBP", "HKD", "SGD", "JPY"]) {
    test(`in ${currency} too`, () => comparesWith("create", { currency }));
  }

  for (const name of ["query", "search", "close", "refund", "query_refund", "query_dispute", "list of refunds"]) {
    test(`what is sent (${name}) is what the SDK sends`, () => comparesWith(name));
  }

  test("without a title nothing is sent", async () => {
    for (const subject of ["", "  ", "\n"]) {
      const { fault } = await speaker.ask("create", payment({ channel: "redirect", subject }));
      assert.match(fault, /needs a subject/);
    }
  });
});

const session = (changes = {}) => ({
  id: SESSION,
  object: "checkout.session",
  livemode: false,
  client_reference_id: ATTEMPT,
  metadata: { attempt: ATTEMPT },
  mode: "payment",
  status: "complete",
  payment_status: "paid",
  amount_total: 9_900,
  currency: "cny",
  payment_intent: INTENT,
  url: null,
  ...changes,
});

describe("answers", () => {
  const cases = [
    [
      "create",
      session({
        status: "open",
        payment_status: "unpaid",
        url: "https://checkout.stripe.com/c/pay/cs_test#fid%2B",
      }),
      (heard) => heard.payable.url.endsWith("#fid%2B") && heard.gateway_ref === SESSION,
    ],
    ["query", session({ status: "open", payment_status: "unpaid" }), (heard) => heard === "waiting"],
    [
      "query",
      session({ custom_fields: [], customer_details: { name: ODD.quotes + ODD.Chinese } }),
      (heard) => heard.paid.gateway_no === INTENT && heard.paid.amount_minor === 9_900,
    ],
    ["close", session({ status: "expired", payment_status: "unpaid" }), (heard) => heard === "closed"],
    [
      "search",
      { object: "search_result", url: "/v1/payment_intents/search", has_more: false, data: [] },
      (heard) => heard === "absent",
    ],
    [
      "refund",
      {
        id: "re_1",
        object: "refund",
        amount: 3_000,
        currency: "cny",
        status: "succeeded",
        payment_intent: INTENT,
        metadata: { refund: REFUND, attempt: ATTEMPT },
      },
      (heard) => "done" in heard.refund && heard.gateway_no === "re_1",
    ],
    [
      "query_dispute",
      {
        id: DISPUTE,
        object: "dispute",
        amount: 9_900,
        charge: "ch_1",
        currency: "cny",
        evidence_details: { due_by: NOW_S + 604_800, has_evidence: false, past_due: false },
        livemode: false,
        payment_intent: INTENT,
        reason: "fraudulent",
        status: "lost",
      },
      (heard) =>
        heard.dispute === "lost" &&
        heard.dispute_no === DISPUTE &&
        heard.payment_no === INTENT &&
        heard.amount_minor === 9_900 &&
        heard.evidence_due_at_ms === (NOW_S + 604_800) * 1_000,
    ],
    [
      "list of refunds",
      { object: "list", url: "/v1/refunds", has_more: false, data: [] },
      (heard) => heard === "absent",
    ],
  ];
  for (const [name, object, fits] of cases) {
    test(`an object that the SDK reads (${name}: ${object.status ?? "nothing found"}), we read`, async () => {
      const { task, of, call } = taskOf(name);
      const body = JSON.stringify(object);
      reply = () => ({ body });
      const { lastResponse, ...theirs } = await call();
      ear.only();
      assert.equal(lastResponse.statusCode, 200);
      assert.deepEqual(JSON.parse(JSON.stringify(theirs)), object);
      const { heard, ...no } = await speaker.hear(task, of, { body });
      assert.ok(heard !== undefined && fits(heard), JSON.stringify(heard ?? no));
    });
  }

  test("a refusal is one for both", async () => {
    const body = JSON.stringify({
      error: { type: "invalid_request_error", code: "amount_too_small", message: "Amount…" },
    });
    const { task, of, call } = taskOf("create");
    reply = () => ({ status: 400, body });
    await assert.rejects(call(), { code: "amount_too_small" });
    ear.only();
    const { heard } = await speaker.hear(task, of, { status: 400, body });
    assert.deepEqual(heard, { refused: "amount_too_small" });
  });
});

describe("events", () => {
  const event = (object, changes = {}) =>
    JSON.stringify({
      id: "evt_1Qabc",
      object: "event",
      api_version: "2026-10-28.endive",
      created: NOW_S - 8,
      livemode: false,
      type: "checkout.session.completed",
      data: { object },
      ...changes,
    });
  const header = (payload, { secret = SECRETS[0], timestamp = NOW_S, ...more } = {}) =>
    stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp, ...more });
  const hear = (body, signature) =>
    speaker.hear("callback", {}, { headers: { "Stripe-Signature": signature }, body });
  /** What the SDK makes of it, at our moment: the event, or nothing. */
  function sdkHears(body, signature, secret = SECRETS[0]) {
    try {
      return stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, NOW_MS);
    } catch (error) {
      assert.ok(error instanceof Stripe.errors.StripeSignatureVerificationError, String(error));
      return undefined;
    }
  }

  for (const [what, text] of each(PLAIN_ODD)) {
    test(`one that the SDK believes, we believe, and read the same: ${what}`, async () => {
      const filled = text || "42";
      const metadata = { attempt: filled, note: text };
      const object = session({ client_reference_id: filled, metadata, payment_intent: filled });
      for (const body of [event(object), JSON.stringify(JSON.parse(event(object)), null, 2)]) {
        const signature = header(body);
        assert.deepEqual(sdkHears(body, signature).data.object, object);
        const { heard, ...no } = await hear(body, signature);
        const paid = {
          merchant_no: filled,
          gateway_no: filled,
          amount_minor: 9_900,
          currency: "CNY",
          at_ms: (NOW_S - 8) * 1_000,
        };
        assert.deepEqual(heard?.news, { paid }, JSON.stringify(no));

        const forged = altered(body, "evt_1Q");
        assert.equal(sdkHears(forged, signature), undefined, "neither of us believes one byte changed");
        assert.deepEqual(await hear(forged, signature), { forged: true });
      }
    });
  }

  test("while a secret is rolled, either of two signatures will do, in any place", async () => {
    const body = event(session());
    const v1 = (secret) => header(body, { secret }).split(",")[1];
    const [first, second, other] = [...SECRETS, "whsec_somebody_elses_0123456789abcd"].map(v1);
    for (const [signatures, believed] of [
      [[first, second], true],
      [[second, first], true],
      [[other, second], true],
      [[second], true],
      [[other], false],
      [[other, other], false],
    ]) {
      const signature = [`t=${NOW_S}`, ...signatures].join(",");
      const theirs = SECRETS.some((secret) => sdkHears(body, signature, secret));
      assert.equal(theirs, believed);
      assert.equal("heard" in (await hear(body, signature)), believed, signature);
    }
    const [, digest] = first.split("=");
    for (const scheme of ["v0", "v2"]) {
      assert.equal(sdkHears(body, `t=${NOW_S},${scheme}=${digest}`), undefined);
      assert.equal(
        (await hear(body, `t=${NOW_S},${scheme}=${digest}`)).heard,
        undefined,
        `${scheme} proves nothing`,
      );
    }
  });

  test("five minutes old is young enough, a second more is not; what is signed for later is not believed", async () => {
    const body = event(session());
    for (const [age_s, sdkBelieves, weBelieve] of [
      [0, true, true],
      [300, true, true],
      [301, false, false],
      [86_400, false, false],
      [-300, true, true],
      // The SDK takes any future.
      [-301, true, false],
    ]) {
      const signature = header(body, { timestamp: NOW_S - age_s });
      assert.equal(sdkHears(body, signature) !== undefined, sdkBelieves, `SDK, ${age_s} s`);
      assert.equal("heard" in (await hear(body, signature)), weBelieve, `${age_s} s`);
    }
  });

  test("another time, another secret, a signature cut or written otherwise: nobody believes it", async () => {
    const body = event(session());
    const whole = header(body);
    const [time, signature] = whole.split(",");
    for (const wrong of [
      `t=${NOW_S - 1},${signature}`,
      header(body, { secret: "whsec_" }),
      whole.slice(0, -2),
      `${time},v1=${"0".repeat(64)}`,
      signature,
      time,
    ]) {
      assert.equal(sdkHears(body, wrong), undefined, wrong);
      assert.equal((await hear(body, wrong)).heard, undefined, wrong);
    }
  });

  test("a refund's event is read, one of live mode is put aside", async () => {
    const object = {
      id: "re_1",
      object: "refund",
      amount: 3_000,
      currency: "cny",
      status: "failed",
      failure_reason: "lost_or_stolen_card",
      payment_intent: INTENT,
      metadata: { refund: REFUND, attempt: ATTEMPT },
    };
    const failed = event(object, { type: "refund.failed" });
    assert.equal(sdkHears(failed, header(failed)).type, "refund.failed");
    const { heard } = await hear(failed, header(failed));
    assert.deepEqual(heard.news, {
      refund: { failed: "lost_or_stolen_card" },
      refund_no: REFUND,
      amount_minor: 3_000,
    });
    const live = event(session(), { livemode: true });
    assert.match((await hear(live, header(live))).heard.news.misfit, /live mode/);
  });
});
