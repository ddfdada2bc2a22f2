// Walks the main stories in Chromium: with and without scripts, at the width of a desk and of a phone, in both themes.
//   TRACKWAY=target/debug/trackway CHROMIUM=/usr/bin/chromium node run.mjs [WALK...]
// A walk is a story in a shape: `wiki-desk`, `tickets-phone-noscript`; a story alone means all its shapes.
import { chromium } from "playwright-core";
import { listen, look } from "./look.mjs";
import { startSite } from "./site.mjs";
import { accounts } from "./accounts.mjs";
import { code } from "./code.mjs";
import { discussion } from "./discussion.mjs";
import { glance } from "./glance.mjs";
import { helpdesk } from "./helpdesk.mjs";
import { house } from "./house.mjs";
import { live } from "./live.mjs";
import { planning } from "./planning.mjs";
import { reports } from "./reports.mjs";
import { sprint } from "./sprint.mjs";
import { story } from "./story.mjs";
import { talk } from "./talk.mjs";
import { tickets } from "./tickets.mjs";
import { tree } from "./tree.mjs";
import { wiki } from "./wiki.mjs";
import { writing } from "./writing.mjs";

const stories = { accounts, code, discussion, glance, helpdesk, house, live, planning, reports, sprint, story, talk, tickets, tree, wiki, writing };
const shapes = {
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
const walks = Object.keys(stories).flatMap((story) => (stories[story].shapes ?? Object.keys(shapes)).map((shape) => `${story}-${shape}`));
const asked = process.argv.slice(2);
const chosen = walks.filter((walk) => asked.length === 0 || asked.some((name) => walk === name || walk.startsWith(`${name}-`) && name in stories));
if (chosen.length === 0) {
  console.log(`not ok there is no walk ${asked.join(" ")}; walks: ${walks.join(" ")}`);
  process.exit(1);
}
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
  // Two at a time: each has a server and a browser to keep busy.
  const waiting = [...chosen];
  const one = async () => {
    for (let name; (name = waiting.shift()); ) await run(name);
  };
  await Promise.all([one(), one()]);
} finally {
  await browser.close();
}
console.log(`browser: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - begun) / 1000)} s`);
process.exitCode = failed > 0 ? 1 : 0;

/** A step that hangs must not hang all that follow. */
function inTime(step) {
  let clock;
  const late = new Promise((_, reject) => (clock = setTimeout(() => reject(new Error("took longer than two minutes")), 120_000)));
  return Promise.race([step, late]).finally(() => clearTimeout(clock));
}

async function run(name) {
  const [, story, kind] = /^([a-z]+)-(.+)$/.exec(name);
  const shape = shapes[kind];
  const open = [];
  let site;
  /** A person with a browser of their own. */
  const person = async () => {
    const context = await browser.newContext({
      viewport: { width: shape.width, height: shape.height },
      baseURL: site.address,
      locale: "en-GB",
      timezoneId: "UTC",
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const errors = listen(page);
    open.push(page);
    const tools = await context.newCDPSession(page);
    const allowScripts = (allowed) => tools.send("Emulation.setScriptExecutionDisabled", { value: !allowed });
    if (!shape.scripts) await allowScripts(false);
    return { page, look: (what, allowed) => look(page, what, { errors, allowScripts, ...shape, ...allowed }), errors };
  };
  /** One step of the story: the ones after it go on even if it fails. */
  const step = async (what, act) => {
    try {
      await inTime(act());
      passed += 1;
      console.log(`ok ${name}: ${what}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok ${name}: ${what}\n    ${String(error.message).replace(/\x1b\[\d+m/g, "").trim().split("\n").slice(0, 25).join("\n    ")}`);
      for (const [at, page] of open.entries()) {
        await page.screenshot({ path: new URL(`shots/failed-${name}-${failed}-${at}.png`, import.meta.url).pathname }).catch(() => {});
      }
    }
  };
  try {
    site = await startSite(stories[story].site);
    await stories[story]({ site, person, step, scripts: shape.scripts, phone: shape.width < 600 });
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
