// What stands on the page before the app does? The card's outline, in the app's own measures
// (styles/checkout.css builds on these rules), so that nothing jumps when the app takes over.

export const css = `
:host{all:initial;display:block;max-width:var(--coursepay-max-width,440px);
--accent:var(--coursepay-accent,#1764e8);--on-accent:var(--coursepay-on-accent,#fff);
--ink:#0d1626;--soft:#5a6579;--line:#e3e7ee;--card:#fff;--tint:#f5f7fa;--shade:0 1px 2px #0d16260a,0 14px 36px -16px #0d162629}
:host([hidden]){display:none}
:host([theme=dark]){--accent:var(--coursepay-accent,#2b6ce8);--ink:#eef2f9;--soft:#a0abbf;--line:#2b3549;--card:#141b29;--tint:#1c2535;--shade:0 1px 2px #0006,0 16px 40px -18px #000c}
@media(prefers-color-scheme:dark){:host(:not([theme=light])){--accent:var(--coursepay-accent,#2b6ce8);--ink:#eef2f9;--soft:#a0abbf;--line:#2b3549;--card:#141b29;--tint:#1c2535;--shade:0 1px 2px #0006,0 16px 40px -18px #000c}}
.card{box-sizing:border-box;display:flex;flex-direction:column;min-height:604px;padding:26px 24px 18px;color:var(--ink);background:var(--coursepay-background,var(--card));border:1px solid var(--line);border-radius:var(--coursepay-radius,20px);box-shadow:var(--coursepay-shadow,var(--shade));
font:400 15px/1.5 var(--coursepay-font,system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif)}
.skeleton{display:flex;flex:1;flex-direction:column;gap:10px}
.skeleton i{height:66px;border-radius:14px;background:var(--line);opacity:.75;animation:wait 1.6s ease-in-out infinite alternate}
.skeleton i:nth-child(1){width:44px;height:18px;border-radius:6px}
.skeleton i:nth-child(2){width:68%;height:24px;border-radius:8px}
.skeleton i:nth-child(3){width:42%;height:46px;border-radius:10px;margin-bottom:34px}
.skeleton i:last-child{height:52px;margin-top:auto;margin-bottom:40px}
.trouble{display:flex;flex:1;flex-direction:column;align-items:center;justify-content:center;gap:14px;text-align:center}
.trouble p{margin:0}
.trouble button{padding:12px 26px;font:inherit;font-weight:600;color:var(--on-accent);background:var(--accent);border:0;border-radius:12px;cursor:pointer}
@keyframes wait{to{opacity:.35}}
@media(prefers-reduced-motion:reduce){.skeleton i{animation:none}}
`;

/** @returns {HTMLElement} the card with bars where words will be */
export function skeleton() {
  const card = part("section", "card");
  const bars = part("div", "skeleton");
  for (let bar = 0; bar < 7; bar++) bars.append(document.createElement("i"));
  card.setAttribute("aria-busy", "true");
  card.append(bars);
  return card;
}

/** The card when the app could not be loaded.
 * @param {boolean} chinese in which language
 * @param {() => void} retry called by the button */
export function trouble(chinese, retry) {
  const card = part("section", "card");
  const box = part("div", "trouble");
  const words = document.createElement("p");
  const again = document.createElement("button");
  box.setAttribute("role", "alert");
  words.textContent = chinese
    ? "收银台没有加载成功，请检查网络后重试"
    : "The checkout could not be loaded. Please check your connection";
  again.type = "button";
  again.textContent = chinese ? "重新加载" : "Try again";
  again.addEventListener("click", retry);
  // What the page put inside the element: its own way to help, such as a link to pay elsewhere.
  box.append(words, again, document.createElement("slot"));
  card.append(box);
  return card;
}

function part(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute("part", name);
  return element;
}
