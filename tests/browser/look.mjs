// What is asked of every page: no violation of axe in either theme, no sideways scroll, no shift of the layout, no error
// in the console. A picture of each goes into shots/.
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "shots");
mkdirSync(shots, { recursive: true });

const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
// Of all rules the only one that a theme can break.
const contrast = { type: "rule", values: ["color-contrast"] };

// What a page may move while it is still being read: on a busy machine that takes as long as over a slow network, and this is
// what counts as good there (https://web.dev/articles/cls).
const mostWhileArriving = 0.1;

/** Looks at the page as it stands; throws with all that is wrong with it. */
export async function look(page, name, { errors, width, scripts, allowScripts, shift: mostShift = 0.02 }) {
  const wrong = [];
  await page.waitForLoadState();
  // axe is a script too. What the page would have run at its beginning does not come back by that.
  if (!scripts) await allowScripts(true);
  // Before the pictures: they stretch the window, and that moves things.
  const { scroll, inner, widest, shift, shifted } = await page.evaluate(measure);
  const shape = `${width}${scripts ? "" : "-noscript"}`;
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    if (theme === "light") await page.evaluate(axe);
    const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }), theme === "light" ? rules : contrast);
    for (const violation of violations) {
      const where = violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.failureSummary})`);
      wrong.push(`axe, ${theme}: ${violation.id}: ${where.join("; ")}`);
    }
    // In the dark a page without scripts has nothing of its own to show.
    if (scripts || theme === "light") await page.screenshot({ path: join(shots, `${name}-${shape}-${theme}.png`), fullPage: true });
  }
  if (!scripts) await allowScripts(false);
  if (scroll > inner) wrong.push(`scrolls sideways: ${scroll} px in ${inner}, the widest is ${widest}`);
  if (shift.late > mostShift || shift.early > Math.max(mostShift, mostWhileArriving)) {
    wrong.push(`the layout shifts by ${shift.early.toFixed(3)} while it arrives, by ${shift.late.toFixed(3)} afterwards: ${shifted}`);
  }
  wrong.push(...errors.splice(0));
  if (wrong.length > 0) throw new Error(`${name} (${page.url()}):\n${wrong.join("\n")}`);
}

/** Runs in the page. */
async function measure() {
  const root = document.documentElement;
  const beyond = [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
  const widest = beyond.at(-1);
  const shift = { early: 0, late: 0 };
  const arrived = performance.getEntriesByType("navigation")[0].domInteractive;
  const shifted = [];
  new PerformanceObserver((list) => {
    // The columns of a table settle while it arrives, on a busy machine in several goes.
    const settles = ({ node, previousRect, currentRect }) => /^T[DH]$/.test(node?.tagName) && previousRect.top === currentRect.top;
    const counts = (entry) => !entry.hadRecentInput && !(entry.sources.length > 0 && entry.sources.every(settles));
    for (const entry of list.getEntries().filter(counts)) {
      shift[entry.startTime < arrived ? "early" : "late"] += entry.value;
      for (const { node, previousRect, currentRect } of entry.sources) {
        shifted.push(`${node?.tagName ?? node?.nodeName}.${node?.className ?? ""} from ${previousRect.top} to ${currentRect.top}`);
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
  await new Promise((resolve) => setTimeout(resolve, 60));
  return { scroll: root.scrollWidth, inner: innerWidth, widest: widest ? `${widest.tagName}.${widest.className}` : "", shift, shifted: shifted.join("; ") };
}

/** Collects what a page complains of; `expected` tells which answers of the server are meant to be errors. */
export function listen(page) {
  const errors = [];
  page.on("console", (message) => {
    // That an address answered an error is judged below, by its status.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => errors.push(`script: ${error.message}`));
  page.on("response", (response) => {
    const request = response.request();
    if (response.status() >= 400 && !request.isNavigationRequest()) errors.push(`${response.status()} for ${request.method()} ${request.url()}`);
    if (response.status() >= 500) errors.push(`${response.status()} for ${request.method()} ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A suggestion or preview that a newer one has overtaken.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") errors.push(`no answer for ${request.url()}: ${request.failure()?.errorText}`);
  });
  return errors;
}
