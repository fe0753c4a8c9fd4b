// Do alipay-sdk and our own code say the same to Alipay, and believe the same? Requests are compared with what the
// SDK sends for the same call, signature included (RSA2 has one signature for one text), and go through the SDK's
// own check; answers and notifies are signed by the SDK's own function and read by both.

import assert from "node:assert/strict";
import { stringify } from "node:querystring";
import { after, before, describe, test } from "node:test";
import { AlipaySdk } from "alipay-sdk";
import {
  ATTEMPT,
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

/** The SDK's function that signs; the package exports it for itself alone. */
const { signatureV3: signed } = await import(new URL("./util.js", import.meta.resolve("alipay-sdk")));

const ours = keyPair();
const theirs = keyPair();
const APP_ID = "2021004144670000";
const SELLER_ID = "2088102146225135";
const CERTIFICATES = {
  app_sn: "c8b1a7d95c4e35b1ff1a0d38e7c0d3aa",
  root_sn: "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6",
};
const CERT_SN = "d41d8cd98f00b204e9800998ecf8427e";

let ear;
let reply;
const speakers = {};
before(async () => {
  ear = await openEar((request) => reply(request));
  const party = {
    gateway: "alipay",
    app_id: APP_ID,
    seller_id: SELLER_ID,
    gateway_url: `${ear.url}/gateway.do`,
    private_key: ours.private,
    verifying: [{ id: CERT_SN, rsa: theirs.public }],
  };
  speakers.keys = await openSpeaker(party);
  speakers.certificates = await openSpeaker({ ...party, certificates: CERTIFICATES });
});
after(() => Promise.all([ear, ...Object.values(speakers)].map((one) => one?.close())));

/** The SDK of a merchant, who believes the holder of `publicKey`. */
function sdkOf(mode, publicKey = theirs.public) {
  const known = { appCertSn: CERTIFICATES.app_sn, alipayRootCertSn: CERTIFICATES.root_sn };
  return new AlipaySdk({
    gateway: `${ear.url}/gateway.do`,
    appId: APP_ID,
    keyType: "PKCS8",
    privateKey: ours.private,
    alipayPublicKey: publicKey,
    ...(mode === "certificates" ? known : {}),
  });
}

/** A title as it reaches Alipay: the rules of its documents, once more in another language. */
function titleOf(text) {
  const wide = { "/": "／", "=": "＝", "&": "＆" };
  const allowed = [...text.trim()].map((c) => wide[c] ?? (/\p{Cc}/u.test(c) ? " " : c));
  return allowed.slice(0, 256).join("");
}

const shanghai = (at_ms) => new Date(at_ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const fieldsOf = (...forms) => Object.fromEntries(forms.flatMap((form) => [...new URLSearchParams(form)]));

const CREATIONS = {
  redirect: ["alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"],
  mobile: ["alipay.trade.wap.pay", "QUICK_WAP_PAY"],
  qr: ["alipay.trade.precreate", "FACE_TO_FACE_PAYMENT"],
};

/** Each task: what it is about, and the call the SDK makes for it. */
function taskOf(name, text) {
  const of = payment({ channel: CREATIONS[name] ? name : "qr", subject: text });
  const number = { out_trade_no: ATTEMPT };
  const common = { format: "JSON", timestamp: shanghai(NOW_MS) };
  if (CREATIONS[name]) {
    const [method, product_code] = CREATIONS[name];
    const back = name === "qr" ? {} : { returnUrl: of.return_url };
    const bizContent = {
      ...number,
      product_code,
      total_amount: "99.00",
      subject: titleOf(text),
      time_expire: shanghai(of.expires_at_ms),
      ...(name === "mobile" ? { quit_url: of.return_url } : {}),
    };
    return {
      task: "create",
      of,
      method,
      params: { ...common, notifyUrl: of.notify_url, ...back, bizContent },
    };
  }
  if (name === "refund") {
    const reason = text === "" ? {} : { refund_reason: text };
    const bizContent = { ...number, refund_amount: "30.00", out_request_no: REFUND, ...reason };
    return {
      task: "refund",
      of: refund(of, { reason: text }),
      method: "alipay.trade.refund",
      params: { ...common, bizContent },
    };
  }
  if (name === "query_refund") {
    const bizContent = { ...number, out_request_no: REFUND, query_options: ["gmt_refund_pay"] };
    const method = "alipay.trade.fastpay.refund.query";
    return { task: name, of: refund(of), method, params: { ...common, bizContent } };
  }
  return { task: name, of, method: `alipay.trade.${name}`, params: { ...common, bizContent: number } };
}

/** The body of an answer, as `node` with `response`, exactly in this text. */
function answerOf(method, response, { node = method, more = {} } = {}) {
  const text = typeof response === "string" ? response : JSON.stringify(response);
  const name = `${node.replaceAll(".", "_")}_response`;
  const rest = JSON.stringify({ ...more, sign: signed(text, theirs.privatePem) }).slice(1);
  return `{"${name}":${text},${rest}`;
}

for (const mode of ["keys", "certificates"]) {
  describe(`requests, by ${mode}`, () => {
    for (const channel of ["redirect", "mobile"]) {
      for (const [name, text] of each(ODD)) {
        test(`the address of a page (${channel}) is the SDK's: ${name}`, async () => {
          const { task, of, method, params } = taskOf(channel, text);
          const { action, terms } = await speakers[mode].ask(task, of);
          assert.equal(terms.subject, titleOf(text));
          const address = new URL(action.url);
          assert.equal(address.origin + address.pathname, `${ear.url}/gateway.do`);
          const fields = fieldsOf(address.search);
          assert.deepEqual(fields, fieldsOf(sdkOf(mode).sdkExecute(method, params)));

          // What pageExecute adds is the SDK's own name, and so another signature.
          const page = fieldsOf(new URL(sdkOf(mode).pageExecute(method, "GET", params)).search);
          const { sign, alipay_sdk, ...rest } = page;
          assert.ok(sign && alipay_sdk);
          assert.deepEqual({ ...rest, sign: fields.sign }, fields);

          const asAlipay = sdkOf(mode, ours.public);
          assert.equal(asAlipay.checkNotifySignV2(fields), true, "the SDK's own check accepts it");
          const biz_content = altered(fields.biz_content).toString("latin1");
          assert.equal(asAlipay.checkNotifySignV2({ ...fields, biz_content }), false);
        });
      }
    }

    for (const operation of ["qr", "query", "close", "refund", "query_refund"]) {
      const texts = ["qr", "refund"].includes(operation) ? ODD : { "a number": "Rust" };
      for (const [name, text] of each(operation === "refund" ? { ...texts, empty: "" } : texts)) {
        test(`what is sent (${operation}) is what the SDK sends: ${name}`, async () => {
          const { task, of, method, params } = taskOf(operation, text);
          const { request } = await speakers[mode].ask(task, of);
          reply = () => ({ body: answerOf(method, { code: "10000", msg: "Success" }) });
          await sdkOf(mode).exec(method, params, { validateSign: true });
          const sent = ear.only();
          const address = new URL(request.url);
          assert.deepEqual(
            [request.verb, address.pathname],
            [sent.verb, new URL(sent.target, ear.url).pathname],
          );
          const fields = fieldsOf(address.search, request.body);
          assert.deepEqual(fields, fieldsOf(new URL(sent.target, ear.url).search, sent.body));
          assert.match(request.headers["content-type"], /^application\/x-www-form-urlencoded/);
          assert.match(sent.headers["content-type"], /^application\/x-www-form-urlencoded/);
          assert.equal(sdkOf(mode, ours.public).checkNotifySignV2(fields), true);
        });
      }
    }
  });
}

test("without a title nothing is sent", async () => {
  for (const channel of ["qr", "redirect", "mobile"])
    for (const subject of ["", "   ", "\n"]) {
      const { fault } = await speakers.keys.ask("create", payment({ channel, subject }));
      assert.match(fault, /needs a subject/);
    }
});

describe("answers", () => {
  /** What the SDK makes of a body: the answer, or nothing when it does not believe it. */
  async function sdkHears(method, body) {
    reply = () => ({ body });
    const answer = await sdkOf("keys")
      .exec(method, { bizContent: { out_trade_no: ATTEMPT } }, { validateSign: true })
      .catch(() => undefined);
    ear.only();
    return answer;
  }

  const paid = (changes) => ({
    code: "10000",
    msg: "Success",
    out_trade_no: ATTEMPT,
    trade_no: "2026063022001400001234567890",
    trade_status: "TRADE_SUCCESS",
    total_amount: "99.00",
    send_pay_date: "2026-06-30 23:59:50",
    ...changes,
  });

  /** The same JSON in the ways that servers write it. */
  const SPELLINGS = {
    "as JSON.stringify writes it": (value) => JSON.stringify(value),
    "with escaped slashes": (value) => JSON.stringify(value).replaceAll("/", "\\/"),
    "in ASCII": (value) =>
      JSON.stringify(value).replace(
        /[^\x20-\x7e]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
    "with blanks": (value) => JSON.stringify(value, null, 2),
  };

  for (const [name, text] of each(PLAIN_ODD)) {
    for (const [spelling, write] of each(SPELLINGS)) {
      test(`one that the SDK believes, we believe, and read the same: ${name}, ${spelling}`, async () => {
        const trade_no = text || "2026";
        const method = "alipay.trade.query";
        const body = answerOf(method, write(paid({ trade_no, subject: text, buyer_logon_id: text })));
        const theirReading = await sdkHears(method, body);
        assert.deepEqual([theirReading.tradeNo, theirReading.subject], [trade_no, text]);
        const { heard } = await speakers.keys.hear("query", payment(), { body });
        assert.deepEqual(heard.paid, {
          merchant_no: ATTEMPT,
          gateway_no: trade_no,
          amount_minor: 9_900,
          currency: "CNY",
          at_ms: Date.UTC(2026, 5, 30, 15, 59, 50),
        });

        const forged = altered(body, "99.0");
        assert.equal(await sdkHears(method, forged), undefined, "neither of us believes one byte changed");
        assert.deepEqual(await speakers.keys.hear("query", payment(), { body: forged }), { forged: true });
      });
    }
  }

  test("every other task's answer is believed, and not with one byte changed", async () => {
    const number = { out_trade_no: ATTEMPT };
    const done = { code: "10000", msg: "Success", ...number };
    const qr_code = "https://qr.alipay.com/bax0+?a=1&b=%26";
    const refunded = { ...done, out_request_no: REFUND };
    const cases = [
      [
        "create",
        payment(),
        "alipay.trade.precreate",
        { ...done, qr_code },
        (heard) => heard.payable.content === qr_code,
      ],
      ["close", payment(), "alipay.trade.close", done, (heard) => heard === "closed"],
      [
        "refund",
        refund(payment()),
        "alipay.trade.refund",
        { ...refunded, fund_change: "Y" },
        (heard) => "done" in heard.refund,
      ],
      [
        "query_refund",
        refund(payment()),
        "alipay.trade.fastpay.refund.query",
        {
          ...refunded,
          refund_status: "REFUND_SUCCESS",
          refund_amount: "30.00",
          gmt_refund_pay: "2026-06-30 23:59:50",
        },
        (heard) => heard.refund.done === Date.UTC(2026, 5, 30, 15, 59, 50),
      ],
      [
        "query",
        payment(),
        "alipay.trade.query",
        { code: "40004", msg: "Business Failed", sub_code: "ACQ.TRADE_NOT_EXIST", sub_msg: "交易不存在" },
        (heard) => heard === "absent",
      ],
    ];
    for (const [task, of, method, response, fits] of cases) {
      const body = answerOf(method, response);
      assert.ok(await sdkHears(method, body), task);
      const { heard, ...no } = await speakers.keys.hear(task, of, { body });
      assert.ok(heard !== undefined && fits(heard), `${task}: ${JSON.stringify(heard ?? no)}`);
      const forged = altered(body, '"msg":"');
      assert.equal(await sdkHears(method, forged), undefined, task);
      assert.deepEqual(await speakers.keys.hear(task, of, { body: forged }), { forged: true }, task);
    }
  });

  test("a certificate nobody knows proves nothing, one that is known does", async () => {
    const method = "alipay.trade.query";
    for (const [alipay_cert_sn, expected] of [
      [CERT_SN, "heard"],
      [CERTIFICATES.app_sn, "forged"],
    ]) {
      const body = answerOf(method, paid(), { more: { alipay_cert_sn } });
      assert.deepEqual(Object.keys(await speakers.certificates.hear("query", payment(), { body })), [
        expected,
      ]);
    }
  });
});

describe("notifies", () => {
  const notify = (changes) => ({
    app_id: APP_ID,
    auth_app_id: APP_ID,
    charset: "utf-8",
    version: "1.0",
    sign_type: "RSA2",
    notify_id: "2026063000222235958059981438795371",
    notify_time: "2026-06-30 23:59:58",
    notify_type: "trade_status_sync",
    seller_id: SELLER_ID,
    out_trade_no: ATTEMPT,
    trade_no: "2026063022001400001234567890",
    trade_status: "TRADE_SUCCESS",
    total_amount: "99.00",
    gmt_payment: "2026-06-30 23:59:50",
    ...changes,
  });

  /** As Alipay signs: all but `sign` and `sign_type`, by name. */
  function signedFields(fields, { without = ["sign_type"] } = {}) {
    const names = Object.keys(fields).filter((name) => !without.includes(name));
    const text = names
      .sort()
      .map((name) => `${name}=${fields[name]}`)
      .join("&");
    return { ...fields, sign: signed(text, theirs.privatePem) };
  }

  const FORMS = {
    "a space as +": (fields) => new URLSearchParams(fields).toString(),
    "a space as %20": (fields) => stringify(fields),
    "everything as %XX": (fields) =>
      Object.entries(fields)
        .map(
          ([name, value]) =>
            `${name}=${[...Buffer.from(value)].map((b) => `%${b.toString(16).padStart(2, "0")}`).join("")}`,
        )
        .join("&"),
  };

  for (const [name, text] of each(PLAIN_ODD)) {
    for (const [form, write] of each(FORMS)) {
      test(`one that the SDK believes, we believe, and read the same: ${name}, ${form}`, async () => {
        const filled = text || "nothing";
        const odd = { subject: text, body: text, passback_params: text, buyer_logon_id: text };
        const named = { notify_id: filled, trade_no: filled, out_trade_no: filled };
        const fields = signedFields(notify({ ...odd, ...named }));
        const body = write(fields);
        assert.deepEqual(fieldsOf(body), fields, "the form says what was meant");
        assert.equal(sdkOf("keys").checkNotifySignV2(fields), true);
        const { heard } = await speakers.keys.hear("callback", {}, { body });
        assert.equal(heard.merchant_no, filled);
        assert.deepEqual([heard.news.paid.gateway_no, heard.news.paid.amount_minor], [filled, 9_900]);
        assert.ok(heard.key.startsWith(`${filled}|`), heard.key);
      });
    }
  }

  test("each field changed by one byte, neither of us believes it", async () => {
    const fields = signedFields(notify({ subject: ODD.plus, body: ODD.Chinese, fund_bill_list: ODD.JSON }));
    for (const name of Object.keys(fields).filter((name) => !["sign_type", "charset"].includes(name))) {
      const bytes = Buffer.from(fields[name]);
      // Within ASCII, so that it is still text; the last byte of a signature is padding.
      const at = [...bytes].findIndex((byte) => byte < 0x80 && byte !== 0x2b);
      bytes[at < 0 ? 0 : at] ^= 1;
      const forged = { ...fields, [name]: bytes.toString("utf8") };
      assert.notEqual(forged[name], fields[name]);
      assert.equal(sdkOf("keys").checkNotifySignV2(forged), false, name);
      const answer = await speakers.keys.hear(
        "callback",
        {},
        { body: new URLSearchParams(forged).toString() },
      );
      assert.equal(answer.heard, undefined, name);
      assert.ok(answer.forged || name === "sign", `${name}: ${JSON.stringify(answer)}`);
    }
  });

  test("a plus that means itself is no space, and a form is decoded once", async () => {
    const fields = signedFields(notify({ subject: "a+b%2Bc" }));
    const body = new URLSearchParams(fields).toString();
    assert.ok((await speakers.keys.hear("callback", {}, { body })).heard);
    for (const [right, wrong] of [
      ["a%2Bb", "a+b"],
      ["%252B", "%2B"],
    ]) {
      assert.ok(body.includes(right));
      const forged = body.replace(right, wrong);
      assert.equal(sdkOf("keys").checkNotifySignV2(fieldsOf(forged)), false);
      assert.deepEqual(await speakers.keys.hear("callback", {}, { body: forged }), { forged: true });
    }
  });

  test("a refund's notify, and one that leaves empty values out of what it signs, are believed", async () => {
    const refunded = notify({
      out_biz_no: REFUND,
      refund_fee: "30.00",
      gmt_refund: "2026-06-30 23:59:55.320",
    });
    const fields = signedFields(refunded);
    assert.equal(sdkOf("keys").checkNotifySignV2(fields), true);
    const { heard } = await speakers.keys.hear(
      "callback",
      {},
      { body: new URLSearchParams(fields).toString() },
    );
    assert.deepEqual(heard.news, {
      refund: { done: Date.UTC(2026, 5, 30, 15, 59, 55, 320) },
      refund_no: REFUND,
      amount_minor: null,
    });

    const sparse = signedFields(notify({ body: "" }), { without: ["sign_type", "body"] });
    assert.ok(
      (await speakers.keys.hear("callback", {}, { body: new URLSearchParams(sparse).toString() })).heard,
    );
  });

  test("the signature of an answer is none of a notify", async () => {
    const fields = { ...notify(), sign: signed(JSON.stringify(notify()), theirs.privatePem) };
    const body = new URLSearchParams(fields).toString();
    assert.deepEqual(await speakers.keys.hear("callback", {}, { body }), { forged: true });
  });
});
