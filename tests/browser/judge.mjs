// What would somebody object to who cannot see, cannot see well, or holds a phone? Overflow, missing names and
// landmarks, pale text: what can be told from a page as it stands, without a rule set to install.

/** What is wrong with the page as it stands, in words. */
export const wrongs = (page) =>
  page.evaluate(() => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
      found.push(`overflows by ${root.scrollWidth - root.clientWidth}px: ${wide.slice(-3).map((element) => element.outerHTML.slice(0, 90))}`);
    }
    for (const element of document.querySelectorAll("main *")) {
      const { overflowX, display } = getComputedStyle(element);
      const spills = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
      if (spills && overflowX === "visible" && display !== "inline") {
        found.push(`spills by ${element.scrollWidth - element.clientWidth}px: ${element.outerHTML.slice(0, 90)}`);
      }
    }
    for (const [selector, count] of [["h1", 1], ["main", 1], ["[id=content], .stage, .checkout, .refused", 1]]) {
      const there = document.querySelectorAll(selector).length;
      if (there !== count) found.push(`${there} × ${selector}`);
    }
    if (document.querySelectorAll("script, [style], [onclick]").length) found.push("script or inline style");
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) found.push(`an id twice: ${ids}`);
    const named = (element) =>
      element.labels?.length || element.getAttribute("aria-label") || element.title || element.textContent.trim();
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, button, a, iframe, nav")) {
      if (!named(field)) found.push(`no name: ${field.outerHTML.slice(0, 90)}`);
    }

    // Contrast as WCAG 2.2 counts it, wherever the background is one colour.
    const parse = (text) => text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const light = ([r, g, b]) => {
      const linear = (value) => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const ground = (element) => {
      for (let one = element; one; one = one.parentElement) {
        const { backgroundColor, backgroundImage } = getComputedStyle(one);
        if (backgroundImage !== "none") return null;
        const [r, g, b, alpha = 1] = parse(backgroundColor);
        if (alpha === 1) return [r, g, b];
        if (alpha > 0) return null;
      }
      return [255, 255, 255];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest(".hidden, .skip, option, [aria-hidden=true]")) continue;
      const style = getComputedStyle(element);
      const behind = ground(element);
      if (!behind) continue;
      const [one, other] = [light(parse(style.color)), light(behind)].sort((a, b) => b - a);
      const ratio = (one + 0.05) / (other + 0.05);
      const size = parseFloat(style.fontSize);
      const enough = size >= 24 || (size >= 18.66 && style.fontWeight >= 600) ? 3 : 4.5;
      if (ratio < enough) found.push(`${ratio.toFixed(2)}:1 for “${texts.currentNode.data.trim().slice(0, 30)}” (${style.color} on ${behind})`);
    }
    return [...new Set(found)];
  });
