// What does a shop's Worker do that takes Alipay's notifies with the official SDK? The form becomes an object and goes
// through checkNotifySignV2. `POST /?N` with the notify as its body does so N times over.

import { AlipaySdk } from "alipay-sdk";

let sdk;

export default {
  async fetch(request, env) {
    const times = Number(new URL(request.url).search.slice(1));
    const body = await request.text();
    sdk ??= new AlipaySdk({
      appId: env.ALIPAY_APP_ID,
      keyType: "PKCS8",
      privateKey: env.ALIPAY_APP_PRIVATE_KEY,
      alipayPublicKey: env.ALIPAY_PUBLIC_KEYS,
    });
    let number = "";
    for (let i = 0; i < times; i += 1) {
      const fields = Object.fromEntries(new URLSearchParams(body));
      number = sdk.checkNotifySignV2(fields) ? fields.out_trade_no : "error: the signature does not hold";
    }
    return new Response(number);
  },
};
