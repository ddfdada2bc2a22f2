// Walks the main stories in Chromium: with and without scripts, at the width of a desk and of a phone, in both themes.
//   TRACKWAY=target/debug/trackway CHROMIUM=/usr/bin/chromium node run.mjs [WALK...]
import { chromium } from "playwright-core";
import { listen, look } from "./look.mjs";
import { startSite } from "./site.mjs";
import { walk } from "./walk.mjs";

const walks = {
  "desk": { width: 1400, height: 900, scripts: true },
  "phone": { width: 390, height: 844, scripts: true },
  "desk-noscript": { width: 1400, height: 900, scripts: false },
  "phone-noscript": { width: 390, height: 844, scripts: false },
};

for (const name of ["TRACKWAY", "CHROMIUM"]) {
  if (!process.env[name]) {
    console.log(`not ok ${name} is not set`);
    process.exit(1);
  }
}
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(walks);
const begun = Date.now();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  ],
});
let passed = 0;
let failed = 0;
try {
  await Promise.all(chosen.map(run));
} finally {
  await browser.close();
}
console.log(`browser: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - begun) / 1000)} s`);
process.exitCode = failed > 0 ? 1 : 0;

async function run(name) {
  const shape = walks[name];
  const open = [];
  let site;
  /** A person with a browser of their own. */
  const person = async () => {
    const context = await browser.newContext({
      viewport: { width: shape.width, height: shape.height },
      javaScriptEnabled: shape.scripts,
      baseURL: site.address,
      locale: "en-GB",
      timezoneId: "UTC",
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const errors = listen(page);
    open.push(page);
    return { page, look: (what) => look(page, what, { errors, ...shape }), errors };
  };
  /** One step of the story: the ones after it go on even if it fails. */
  const step = async (what, act) => {
    try {
      await act();
      passed += 1;
      console.log(`ok ${name}: ${what}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${name}: ${what}\n    ${String(error.message).trim().split("\n").slice(0, 25).join("\n    ")}`);
      for (const [at, page] of open.entries()) {
        await page.screenshot({ path: new URL(`shots/failed-${name}-${failed}-${at}.png`, import.meta.url).pathname }).catch(() => {});
      }
    }
  };
  try {
    site = await startSite();
    await walk({ site, person, step, scripts: shape.scripts, phone: shape.width < 600 });
    await step("the server has nothing to complain of", () => {
      const complaints = site.said().split("\n").filter((line) => /panicked|\bERROR\b|\berror:/i.test(line));
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
    });
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: the walk ended early: ${error.stack}`);
  } finally {
    await site?.stop();
  }
}
