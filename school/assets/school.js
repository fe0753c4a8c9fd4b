// After the widget reports a payment, wait until Coursepay's webhook has reached this school, then show the
// course. The browser's word alone unlocks nothing: the page asks the server, and the server waits for the
// signed message.

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;
const GIVE_UP_AFTER_MS = 120_000;

const checkout = document.querySelector("coursepay-checkout");
const status = document.querySelector("#unlock-status");

/** Asks the server: `{unlocked, recorded}`, or `null` when it cannot be reached. */
async function askState(orderId) {
  const url = new URL(status.dataset.stateUrl, location.href);
  if (orderId) url.searchParams.set("order", orderId);
  try {
    const answer = await fetch(url, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function say(sentence) {
  status.textContent = sentence;
  status.hidden = false;
}

async function waitUntilTold(orderId) {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  for (let wait = FIRST_WAIT_MS; Date.now() < giveUpAt; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    const state = await askState(orderId);
    if (state?.unlocked) {
      location.reload();
      return;
    }
    if (state?.recorded) {
      say(status.dataset.guestPaid + orderId);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  say(status.dataset.late);
}

if (checkout && status) {
  let waiting = false;
  checkout.addEventListener("coursepay:paid", (event) => {
    if (waiting) return;
    waiting = true;
    say(status.dataset.unlocking);
    waitUntilTold(event.detail.order_id);
  });

  // A page that the Back button takes out of the browser's memory may show a course as not yet bought.
  addEventListener("pageshow", async (event) => {
    if (event.persisted && (await askState())?.unlocked) location.reload();
  });
}
