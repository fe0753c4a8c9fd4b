// Do wechatpay-axios-plugin and our own code say the same to WeChat Pay, and believe the same? Each request is
// compared with the one that the SDK sends at the same moment under the same nonce, signature and body to the byte;
// each answer goes to both; callbacks are sealed and signed by the SDK's own functions.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, afterEach, before, describe, mock, test } from "node:test";
import { Aes, Formatter, Rsa, Wechatpay } from "wechatpay-axios-plugin";
import {
  ATTEMPT,
  NONCE,
  NOW_MS,
  ODD,
  PLAIN_ODD,
  REFUND,
  altered,
  each,
  keyPair,
  openEar,
  openSpeaker,
  payment,
  refund,
} from "./speaker.mjs";
import { startSandbox } from "./stage.mjs";

const ours = keyPair();
const theirs = keyPair();
const MCHID = "1900007291";
const APPID = "wx2421b1c4370ec43b";
const SERIAL = "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB";
const THEIR_SERIAL = "PUB_KEY_ID_0119000072912026063000000000000001";
const API_V3_KEY = "an APIv3 key has 32 characters !";
const NOW_S = Math.floor(NOW_MS / 1_000);
const NOTIFY_URL = "https://pay.example/v1/callbacks/wechat_pay";
const DAY_MS = 86_400_000;

const ourPublic = Rsa.from(ours.publicPem, Rsa.KEY_TYPE_PUBLIC);
const theirPrivate = Rsa.from(theirs.privatePem, Rsa.KEY_TYPE_PRIVATE);

let ear;
let reply;
let speaker;
let sdk;
before(async () => {
  ear = await openEar((request) => reply(request));
  speaker = await openSpeaker({
    gateway: "wechat_pay",
    mchid: MCHID,
    appid: APPID,
    merchant_serial_no: SERIAL,
    base_url: ear.url,
    private_key: ours.private,
    verifying: [{ id: THEIR_SERIAL, rsa: theirs.public }],
    opening: [API_V3_KEY],
  });
  sdk = new Wechatpay({
    baseURL: ear.url,
    mchid: MCHID,
    serial: SERIAL,
    privateKey: ours.privatePem,
    certs: { [THEIR_SERIAL]: theirs.publicPem },
  });
});
after(() => Promise.all([ear?.close(), speaker?.close()]));

/** What a signature has to do with the moment; the SDK asks itself for both. */
function atOurMoment() {
  mock.method(Formatter, "nonce", () => NONCE);
  mock.method(Formatter, "timestamp", () => NOW_S);
}
afterEach(() => mock.restoreAll());

/** Headers that prove `body`, signed by the SDK. */
function proof(
  body,
  { at_s = NOW_S, nonce = "593BEC0C930BF1AFEB40B4A08C8FB242", serial = THEIR_SERIAL } = {},
) {
  return {
    "Wechatpay-Timestamp": String(at_s),
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Serial": serial,
    "Wechatpay-Signature": Rsa.sign(Formatter.response(at_s, nonce, body), theirPrivate),
  };
}

const rfc3339 = (at_ms) => `${new Date(at_ms + DAY_MS / 3).toISOString().slice(0, 19)}+08:00`;

/** A text as it reaches WeChat: without controls, cut between two characters, no blanks around. */
function textOf(text, longest) {
  let cut = "";
  for (const c of text.trim()) {
    const allowed = /\p{Cc}/u.test(c) ? " " : c;
    if (Buffer.byteLength(cut + allowed) > longest) break;
    cut += allowed;
  }
  return cut.trimEnd();
}

const OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

/** Each task: what it is about, and the SDK's call for it. */
function taskOf(name, text) {
  const channel = { native: "qr", h5: "mobile", jsapi: "in_app" }[name] ?? "qr";
  const of = payment({
    channel,
    subject: text,
    notify_url: NOTIFY_URL,
    openid: OPENID,
    client_ip: "203.0.113.7",
  });
  const { transactions } = sdk.v3.pay;
  const byNumber = transactions.outTradeNo.$out_trade_no$;
  const out_trade_no = ATTEMPT;
  switch (name) {
    case "query":
      return { task: name, of, call: () => byNumber.get({ params: { mchid: MCHID }, out_trade_no }) };
    case "close":
      return { task: name, of, call: () => byNumber.close.post({ mchid: MCHID }, { out_trade_no }) };
    case "refund": {
      const reason = textOf(text, 80);
      const body = {
        out_trade_no,
        out_refund_no: REFUND,
        ...(reason === "" ? {} : { reason }),
        notify_url: NOTIFY_URL,
        amount: { refund: 3_000, total: 9_900, currency: "CNY" },
      };
      return {
        task: name,
        of: refund(of, { reason: text }),
        call: () => sdk.v3.refund.domestic.refunds.post(body),
      };
    }
    case "query_refund": {
      const { $out_refund_no$: byNumber } = sdk.v3.refund.domestic.refunds;
      return { task: name, of: refund(of), call: () => byNumber.get({ out_refund_no: REFUND }) };
    }
    case "certificates":
      return { task: name, of: {}, call: () => sdk.v3.certificates.get() };
    default: {
      const body = {
        appid: APPID,
        mchid: MCHID,
        description: textOf(text, 127),
        out_trade_no,
        time_expire: rfc3339(of.expires_at_ms),
        notify_url: NOTIFY_URL,
        amount: { total: 9_900, currency: "CNY" },
        ...(name === "jsapi" ? { payer: { openid: OPENID } } : {}),
        ...(name === "h5"
          ? { scene_info: { payer_client_ip: "203.0.113.7", h5_info: { type: "Wap" } } }
          : {}),
      };
      return { task: "create", of, call: () => transactions[name].post(body) };
    }
  }
}

/** `Authorization` taken apart; the order of its parts says nothing. */
function authorizationOf(header) {
  const [, scheme, parts] = header.match(/^(\S+) (.*)$/s);
  const found = [...parts.matchAll(/(\w+)="([^"]*)"(?:,|$)/g)];
  assert.equal(found.map(([whole]) => whole).join(""), parts, "nothing but its parts");
  return { scheme, ...Object.fromEntries(found.map(([, name, value]) => [name, value])) };
}

describe("requests", () => {
  const withText = ["native", "h5", "jsapi", "refund"];
  for (const name of [...withText, "query", "close", "query_refund", "certificates"]) {
    const texts = name === "refund" ? PLAIN_ODD : withText.includes(name) ? ODD : { "a number": "Rust" };
    for (const [what, text] of each(texts)) {
      test(`what is sent (${name}) is what the SDK sends: ${what}`, async () => {
        atOurMoment();
        const { task, of, call } = taskOf(name, text);
        const { request } = await speaker.ask(task, of);
        reply = () =>
          name === "close" ? { status: 204, headers: proof("") } : { headers: proof("{}"), body: "{}" };
        await call();
        const sent = ear.only();
        const { pathname, search } = new URL(request.url);
        assert.deepEqual(
          [request.verb, pathname + search, request.body],
          [sent.verb, sent.target, sent.body],
        );
        const authorization = authorizationOf(request.headers.authorization);
        assert.deepEqual(authorization, authorizationOf(sent.headers.authorization));
        assert.equal(request.headers.accept, "application/json");
        assert.ok(request.headers["user-agent"]);

        const { timestamp, nonce_str, signature } = authorization;
        const fits = (body) =>
          Rsa.verify(
            Formatter.request(request.verb, pathname + search, timestamp, nonce_str, body),
            signature,
            ourPublic,
          );
        assert.equal(fits(request.body), true);
        assert.equal(fits(request.body === "" ? " " : altered(request.body).toString("latin1")), false);
      });
    }
  }

  test("without a title nothing is sent", async () => {
    for (const subject of ["", "  ", "\n"]) {
      const { fault } = await speaker.ask("create", payment({ subject, notify_url: NOTIFY_URL }));
      assert.match(fault, /needs a subject/);
    }
  });

  test("what the page hands to WeChat's bridge is signed as the SDK's user would sign it", async () => {
    for (const ticket of ["wx201410272009395522657a690389285100", "a+b/c=&%26"]) {
      const { action } = await speaker.ask("hand_over", { ticket });
      const { appId, timeStamp, nonceStr, package: parcel, signType, paySign } = action.params;
      assert.deepEqual([appId, timeStamp, nonceStr], [APPID, String(NOW_S), NONCE]);
      assert.deepEqual([parcel, signType], [`prepay_id=${ticket}`, "RSA"]);
      const fits = (...parts) => Rsa.verify(Formatter.joinedByLineFeed(...parts), paySign, ourPublic);
      assert.equal(fits(appId, timeStamp, nonceStr, parcel), true);
      assert.equal(fits(appId, timeStamp, nonceStr, `${parcel.slice(0, -1)}!`), false);
    }
  });
});

const transaction = (changes = {}) => ({
  appid: APPID,
  mchid: MCHID,
  out_trade_no: ATTEMPT,
  transaction_id: "4200002026063012345678901234",
  trade_type: "NATIVE",
  trade_state: "SUCCESS",
  bank_type: "OTHERS",
  attach: "",
  success_time: rfc3339(NOW_MS - 8_000),
  payer: { openid: OPENID },
  amount: { total: 9_900, payer_total: 9_900, currency: "CNY", payer_currency: "CNY" },
  ...changes,
});

const paidAs = (transaction_id, merchant_no = ATTEMPT) => ({
  merchant_no,
  gateway_no: transaction_id,
  amount_minor: 9_900,
  currency: "CNY",
  at_ms: NOW_MS - 8_000,
});

describe("answers", () => {
  /** What the SDK makes of an answer: its contents, or why it does not believe it. */
  async function sdkHears(name, answer) {
    atOurMoment();
    reply = () => answer;
    const heard = await taskOf(name, "Rust")
      .call()
      .then(({ data }) => ({ data }))
      .catch((error) => ({ error }));
    ear.only();
    return heard;
  }

  for (const [what, text] of each(PLAIN_ODD)) {
    test(`one that the SDK believes, we believe, and read the same: ${what}`, async () => {
      const transaction_id = text || "42";
      const body = JSON.stringify(transaction({ transaction_id, attach: text }));
      const answer = { headers: proof(body), body };
      const { data } = await sdkHears("query", answer);
      assert.deepEqual([data.transaction_id, data.attach], [transaction_id, text]);
      const { of } = taskOf("query", "Rust");
      assert.deepEqual((await speaker.hear("query", of, answer)).heard, { paid: paidAs(transaction_id) });

      const forged = { ...answer, body: altered(body, '"total":990') };
      assert.ok((await sdkHears("query", forged)).error, "neither of us believes one byte changed");
      assert.deepEqual(await speaker.hear("query", of, forged), { forged: true });
    });
  }

  const CASES = [
    [
      "native",
      { code_url: "weixin://wxpay/bizpayurl?pr=0+%26" },
      (heard) => heard.payable.content.endsWith("0+%26"),
    ],
    [
      "h5",
      { h5_url: "https://wx.tenpay.com/cgi?id=1&package=2" },
      (heard) => heard.payable.url.includes("&redirect_url=https%3A%2F%2F"),
    ],
    [
      "jsapi",
      { prepay_id: "wx201410272009395522657a690389285100" },
      (heard) => heard.ticket.startsWith("wx2014"),
    ],
    [
      "refund",
      {
        refund_id: "50000000382019052709732678859",
        out_refund_no: REFUND,
        out_trade_no: ATTEMPT,
        status: "PROCESSING",
        amount: { refund: 3_000, total: 9_900, currency: "CNY" },
      },
      (heard) => heard.refund === "pending" && heard.gateway_no === "50000000382019052709732678859",
    ],
    [
      "query_refund",
      {
        refund_id: "50000000382019052709732678859",
        out_refund_no: REFUND,
        out_trade_no: ATTEMPT,
        status: "SUCCESS",
        success_time: rfc3339(NOW_MS),
        amount: { refund: 3_000, total: 9_900, currency: "CNY" },
      },
      (heard) => heard.refund.done === Math.floor(NOW_MS / 1_000) * 1_000,
    ],
  ];
  for (const [name, contents, fits] of CASES) {
    test(`the answer to ${name} is believed, and not with one byte changed`, async () => {
      const { task, of } = taskOf(name, "Rust");
      const body = JSON.stringify(contents);
      const answer = { headers: proof(body), body };
      assert.deepEqual((await sdkHears(name, answer)).data, contents);
      const { heard, ...no } = await speaker.hear(task, of, answer);
      assert.ok(heard !== undefined && fits(heard), JSON.stringify(heard ?? no));
      // Behind the first letters of a value, so that it can still be read.
      const mark = `"${Object.values(contents)[0].slice(0, 12)}`;
      const forged = { ...answer, body: altered(body, mark) };
      assert.ok((await sdkHears(name, forged)).error);
      assert.deepEqual(await speaker.hear(task, of, forged), { forged: true });
    });
  }

  test("204 without a body is believed, and not under another time or nonce", async () => {
    const { task, of } = taskOf("close", "Rust");
    const answer = { status: 204, headers: proof(""), body: "" };
    assert.equal((await sdkHears("close", answer)).error, undefined);
    assert.deepEqual(await speaker.hear(task, of, answer), { heard: "closed" });
    for (const change of [{ "Wechatpay-Timestamp": String(NOW_S + 1) }, { "Wechatpay-Nonce": "another" }]) {
      const forged = { ...answer, headers: { ...answer.headers, ...change } };
      assert.ok((await sdkHears("close", forged)).error);
      assert.deepEqual(await speaker.hear(task, of, forged), { forged: true });
    }
  });

  test("unsigned, under an unknown key, too old or a probe: neither of us believes it", async () => {
    const { task, of } = taskOf("query", "Rust");
    const body = JSON.stringify(transaction());
    const whole = proof(body);
    const { "Wechatpay-Signature": signature, ...unsigned } = whole;
    const cases = {
      unsigned,
      "unknown key": proof(body, { serial: "PUB_KEY_ID_of_nobody" }),
      "too old": proof(body, { at_s: NOW_S - 301 }),
      "too far ahead": proof(body, { at_s: NOW_S + 301 }),
      probe: { ...whole, "Wechatpay-Signature": `WECHATPAY/SIGNTEST/${signature.slice(19)}` },
    };
    for (const [what, headers] of each(cases)) {
      assert.ok((await sdkHears("query", { headers, body })).error, what);
      assert.equal((await speaker.hear(task, of, { headers, body })).heard, undefined, what);
    }
  });

  test("a signed no is taken for one", async () => {
    const { task, of } = taskOf("query", "Rust");
    const body = JSON.stringify({ code: "ORDER_NOT_EXIST", message: "订单不存在" });
    const answer = { status: 404, headers: proof(body), body };
    assert.equal((await sdkHears("query", answer)).error.response.data.code, "ORDER_NOT_EXIST");
    assert.deepEqual(await speaker.hear(task, of, answer), { heard: "absent" });
    // The SDK checks no errors; we do, because this one would end a wait for money.
    const forged = { ...answer, body: altered(body, '"message":"') };
    assert.equal((await speaker.hear(task, of, forged)).heard, undefined);
  });
});

describe("callbacks", () => {
  const envelope = (
    resource,
    { event_type = "TRANSACTION.SUCCESS", aad = "transaction", nonce = "fdasflkja484" } = {},
  ) =>
    JSON.stringify({
      id: "EV-2018022511223320873",
      create_time: rfc3339(NOW_MS),
      resource_type: "encrypt-resource",
      event_type,
      summary: "支付成功",
      resource: {
        original_type: "transaction",
        algorithm: "AEAD_AES_256_GCM",
        ciphertext: Aes.AesGcm.encrypt(JSON.stringify(resource), API_V3_KEY, nonce, aad),
        ...(aad === undefined ? {} : { associated_data: aad }),
        nonce,
      },
    });
  const hear = (body, headers = proof(body)) => speaker.hear("callback", {}, { headers, body });

  for (const [what, text] of each(PLAIN_ODD)) {
    test(`one sealed and signed by the SDK is opened and read: ${what}`, async () => {
      const filled = text || "42";
      const resource = transaction({ transaction_id: filled, out_trade_no: filled, attach: text });
      for (const aad of ["transaction", "", text]) {
        const body = envelope(resource, { aad });
        const { heard, ...no } = await hear(body);
        assert.deepEqual(heard?.news, { paid: paidAs(filled, filled) }, JSON.stringify(no));
        assert.equal(heard.key, `EV-2018022511223320873|${filled}|TRANSACTION.SUCCESS`);
        const { resource: sealed } = JSON.parse(body);
        assert.deepEqual(
          JSON.parse(Aes.AesGcm.decrypt(sealed.ciphertext, API_V3_KEY, sealed.nonce, sealed.associated_data)),
          resource,
        );
      }
    });
  }

  test("no byte of it may change: of the body, of what is sealed, of what goes with the seal", async () => {
    const body = envelope(transaction());
    const headers = proof(body);
    assert.deepEqual(await hear(altered(body, "EV-2018"), headers), { forged: true });
    const sdkBelieves = (text) =>
      Rsa.verify(
        Formatter.response(NOW_S, headers["Wechatpay-Nonce"], text),
        headers["Wechatpay-Signature"],
        Rsa.from(theirs.publicPem, Rsa.KEY_TYPE_PUBLIC),
      );
    assert.deepEqual([sdkBelieves(body), sdkBelieves(altered(body, "EV-2018"))], [true, false]);

    // Signed anew, so that only the seal can tell.
    const { resource, ...rest } = JSON.parse(body);
    const changed = [
      { ...resource, ciphertext: altered(Buffer.from(resource.ciphertext, "base64")).toString("base64") },
      { ...resource, associated_data: "transactioN" },
      { ...resource, nonce: "fdasflkja485" },
    ];
    for (const resource of changed) {
      const { ciphertext, nonce, associated_data } = resource;
      assert.throws(() => Aes.AesGcm.decrypt(ciphertext, API_V3_KEY, nonce, associated_data));
      assert.deepEqual(await hear(JSON.stringify({ ...rest, resource })), { forged: true });
    }
  });

  test("a refund's callback is read", async () => {
    const resource = {
      mchid: MCHID,
      out_trade_no: ATTEMPT,
      transaction_id: "4200002026063012345678901234",
      out_refund_no: REFUND,
      refund_id: "50000000382019052709732678859",
      refund_status: "SUCCESS",
      success_time: rfc3339(NOW_MS - 8_000),
      user_received_account: "招商银行信用卡 0403",
      amount: { total: 9_900, refund: 3_000, payer_total: 9_900, payer_refund: 3_000 },
    };
    const { heard } = await hear(envelope(resource, { event_type: "REFUND.SUCCESS", aad: "refund" }));
    assert.deepEqual(heard.news, {
      refund: { done: NOW_MS - 8_000 },
      refund_no: REFUND,
      amount_minor: 3_000,
    });
  });
});

describe("certificates", () => {
  let sandbox;
  before(async () => (sandbox = await startSandbox()));
  after(() => sandbox?.close());

  test("are fetched, opened and believed as the SDK believes them, and not with one byte changed", async () => {
    const config = await (await fetch(`${sandbox.url}/sandbox/config.json`)).json();
    const merchant = config.wechat_pay;
    const percent = JSON.stringify({ public_key_percent: 0 });
    const json = { "content-type": "application/json" };
    await fetch(`${sandbox.url}/sandbox/wechat_pay`, { method: "POST", headers: json, body: percent });
    const der = (pem) => pem.replace(/-----.*-----|\s/g, "");
    const newcomer = await openSpeaker({
      gateway: "wechat_pay",
      mchid: merchant.mchid,
      appid: merchant.appid,
      merchant_serial_no: merchant.merchant_serial_no,
      base_url: merchant.base_url,
      private_key: der(merchant.merchant_private_key),
      // Not one key of WeChat's: what opens under the APIv3 key is the first.
      verifying: [],
      opening: [merchant.api_v3_key],
    });
    const now = { now_ms: Date.now() };
    const { request } = await newcomer.ask("certificates", {}, now);
    const response = await fetch(request.url, { headers: request.headers });
    const body = await response.text();
    assert.equal(response.status, 200, body);
    const headers = Object.fromEntries(
      [...response.headers].filter(([name]) => name.startsWith("wechatpay-")),
    );

    const certificate = new X509Certificate(merchant.platform_certificate);
    const public_key = certificate.publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const { heard, ...no } = await newcomer.hear("certificates", {}, { headers, body }, now);
    assert.deepEqual(heard, [{ serial_no: merchant.platform_serial_no, public_key }], JSON.stringify(no));
    const [time, nonce, signature] = ["timestamp", "nonce", "signature"].map(
      (name) => headers[`wechatpay-${name}`],
    );
    const believes = (text) =>
      Rsa.verify(Formatter.response(time, nonce, text), signature, certificate.publicKey);
    assert.equal(believes(body), true);
    const forged = altered(body, '"effective_time":"202');
    assert.equal(believes(forged), false);
    assert.deepEqual(await newcomer.hear("certificates", {}, { headers, body: forged }, now), {
      forged: true,
    });
    await newcomer.close();
  });
});
