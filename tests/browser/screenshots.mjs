// Takes the pictures of the README from the demonstration, for whoever has changed how pages look:
//   TRACKWAY=target/release/trackway CHROMIUM=/usr/bin/chromium node screenshots.mjs [FOLDER]
import { spawn } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const LARGEST = 120_000;
const shots = [
  { name: "page", path: "/demo/wiki/OpenDay" },
  { name: "ticket", path: "/demo/ticket/48" },
  { name: "timeline", path: "/demo/timeline" },
  // A commit that closed a ticket and changed a file in several places; its id is another one each day.
  { name: "changeset", scheme: "dark", path: "/demo/ticket/43", link: "main a[href*='/changeset/']", down: 330 },
];

for (const name of ["TRACKWAY", "CHROMIUM"]) {
  if (!process.env[name]) {
    console.log(`not ok ${name} is not set`);
    process.exit(1);
  }
}
const folder = process.argv[2] ?? new URL("screenshots", import.meta.url).pathname;
await mkdir(folder, { recursive: true });
const { server, address, password } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"],
});
try {
  for (const { name, path, link, scheme, down } of shots) {
    const context = await browser.newContext({
      viewport: { width: 1400, height: 720 }, colorScheme: scheme ?? "light", locale: "en-GB", timezoneId: "UTC", baseURL: address,
    });
    const page = await context.newPage();
    await page.goto("/-/login");
    await page.fill("[name=user]", "ines");
    await page.fill("[name=password]", password);
    await page.locator("main button[type=submit]").first().click();
    await page.waitForLoadState();
    await page.goto(path);
    if (link) await page.goto(await page.locator(link).first().getAttribute("href"));
    if (down) await page.mouse.wheel(0, down);
    await page.waitForTimeout(300);
    const file = `${folder}/${name}.png`;
    await page.screenshot({ path: file });
    const { size } = await stat(file);
    console.log(`${size > LARGEST ? "not ok" : "ok"} ${name}.png has ${Math.round(size / 1000)} kB`);
    if (size > LARGEST) process.exitCode = 1;
    await context.close();
  }
} finally {
  await browser.close();
  server.kill("SIGTERM");
}

/** The demonstration, in a folder that is gone afterwards. */
function serve() {
  const environment = { ...process.env };
  delete environment.TRACKWAY_DATA;
  const server = spawn(process.env.TRACKWAY, ["serve", "--demo", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"], env: environment });
  return new Promise((resolve, reject) => {
    let password;
    server.once("exit", () => reject(new Error("the server ended")));
    createInterface({ input: server.stdout }).on("line", async (line) => {
      password ??= /password of all of them is (\w+)/.exec(line)?.[1];
      const address = /^Trackway is at (.*)\/$/.exec(line)?.[1];
      if (!address) return;
      // It is told a moment before the door is open.
      while (!(await fetch(`${address}/-/health`).catch(() => null))?.ok) await new Promise((wait) => setTimeout(wait, 100));
      resolve({ server, address, password });
    });
  });
}
