// The story that Trackway is made for, end to end: on an empty folder inside a git clone a page, a milestone and a ticket
// are made; somebody else commits with plain git; and everything that has to do with it knows, on pages that stood open.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";
const plan = `# The plan

First of all #1 has to go. It belongs to milestone:"1.0".

[[TicketQuery(status!=closed)]]
`;
/** A picture of two by two dots. */
const screenshot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGM4YQMEJxggFAAjDgUByzHnZAAAAABJRU5ErkJggg==", "base64");

export async function story({ site, person, step, scripts }) {
  const ada = await person();
  const { page } = ada;
  const main = page.locator("main");
  const button = (name) => main.getByRole("button", { name, exact: true });
  const says = async (words, where = main) => {
    const seen = (await where.innerText()).replace(/\s+/g, " ");
    assert(seen.includes(words), `"${words}" is not on ${page.url()}:\n${seen.slice(0, 900)}`);
  };
  const ticket = async (number) => page.evaluate(async (number) => {
    const answer = await fetch(`/main/ticket/${number}?format=json`);
    return answer.json();
  }, number).catch(async () => JSON.parse(await (await page.context().request.get(`/main/ticket/${number}?format=json`)).text()));
  let sha = "";
  let plans;

  await step("the administrator chooses name and password", async () => {
    await page.goto(site.link);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=full_name]", "Ada Long-Fellow");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await main.locator("form button").last().click();
    await page.locator("details.menu summary").waitFor();
    site.command("user", "add", "kim", "--email", "kim@example.org", "--full-name", "Kim Haller", "--password-stdin", { input: password });
    site.command("permission", "grant", "main", "kim", "members");
  });

  await step("the repository around is connected", async () => {
    await page.goto("/main/browser");
    await until(10_000, async () => (await main.innerText()).includes("README") || (await page.reload(), false), () => "the files are not there");
    await ada.look("browser");
  });

  await step("a page, a milestone, two tickets and a screenshot", async () => {
    await page.goto("/main/wiki/Plan?action=edit");
    await page.fill("textarea[name=text]", plan);
    await main.getByRole("button", { name: /^(Save|Create the page)$/ }).click();
    await page.waitForURL(/\/wiki\/Plan$/);
    await page.goto("/main/milestone?action=new");
    await page.fill("[name=name]", "1.0");
    await page.fill("[name=duedate]", "2031-03-20");
    await button("Create the milestone").click();
    await page.waitForURL(/\/milestone\/1\.0$/);
    for (const [at, summary] of ["The gate squeaks", "Oil is missing in the shed"].entries()) {
      await page.goto("/main/newticket");
      await page.fill("[name=field_summary]", summary);
      await page.locator("select[name=field_milestone]").selectOption("1.0");
      if (at === 0) await page.locator("[name=attachment]").check();
      await button("Create the ticket").click();
      await page.waitForURL(/\/(ticket|attachment)\//);
      if (at === 0) {
        await page.setInputFiles("[name=attachment]", { name: "gate.png", mimeType: "image/png", buffer: screenshot });
        await button("Attach").click();
        await main.getByRole("link", { name: "gate.png" }).first().waitFor();
      }
      await page.goto(`/main/ticket/${at + 1}`);
    }
    await page.goto("/main/ticket/1");
    await says("gate.png");
  });

  await step("the plan shows both tickets as open", async () => {
    plans = await ada.page.context().newPage();
    await plans.goto("/main/wiki/Plan");
    assert.equal(await plans.locator("main article a[href$='/ticket/1'].closed").count(), 0);
    const rows = await plans.locator("main article").innerText();
    assert(rows.includes("The gate squeaks") && rows.includes("Oil is missing"), rows);
  });

  await step("Kim commits with plain git, and ticket 1 is closed", async () => {
    sha = site.commit({ name: "Kim Haller", email: "kim@example.org" }, "gate.txt", "oiled\n", "Fixes #1, refs #2\n\nThe gate got its chrysanthemum oil.");
    await until(15_000, async () => (await ticket(1)).status === "closed", () => "ticket 1 is still open");
    const [first, second] = [await ticket(1), await ticket(2)];
    assert.equal(first.resolution, "fixed");
    assert.equal(first.comments.at(-1).author, "kim");
    assert(first.comments.at(-1).text.includes(sha.slice(0, 7)), JSON.stringify(first.comments.at(-1)));
    assert.notEqual(second.status, "closed");
    assert(second.comments.at(-1).text.includes(sha.slice(0, 7)), JSON.stringify(second.comments.at(-1)));
  });

  if (scripts) {
    await step("the plan that stood open shows it without a reload", async () => {
      await plans.bringToFront();
      const struck = plans.locator("main article a.closed").filter({ hasText: "#1" });
      await struck.first().waitFor({ timeout: 15_000 });
      const text = await plans.locator("main article").innerText();
      assert(!text.includes("The gate squeaks") && text.includes("Oil is missing"), text);
    });
  }

  await step("everything tells of it", async () => {
    await page.bringToFront();
    await page.goto("/main/wiki/Plan");
    assert(await main.locator("article a.closed").filter({ hasText: "#1" }).count() > 0, "#1 is not struck through");
    await says("Oil is missing");
    assert(!(await main.locator("article").innerText()).includes("The gate squeaks"), "the table still has the closed ticket");
    await ada.look("plan");
    await page.goto("/main/ticket/1");
    await says("Kim Haller");
    await says("Fixes #1");
    await ada.look("closed-by-commit");
    await main.locator(`a[href*='/changeset/${sha.slice(0, 7)}']`).first().click();
    await page.waitForURL(/\/changeset\//);
    await says("The gate got its chrysanthemum oil");
    await says("gate.txt");
    await says("oiled");
    await ada.look("changeset");
    await page.goto("/main/milestone/1.0");
    await says("1 closed");
    await page.goto("/main/timeline");
    for (const words of ["Plan", "1.0", "The gate squeaks", "Oil is missing", sha.slice(0, 7), "closed as fixed"]) await says(words);
    await ada.look("timeline");
  });

  await step("one ranked list finds the page, the ticket and the commit", async () => {
    const finds = async (words, wanted) => {
      await until(15_000, async () => {
        await page.goto(`/main/search?q=${encodeURIComponent(words)}&noquickjump=1`);
        const seen = await main.innerText();
        return wanted.every((one) => seen.includes(one));
      }, () => `${words} does not find ${wanted}`);
    };
    await finds("chrysanthemum", ["Fixes #1"]);
    await finds("gate", ["The gate squeaks", "Fixes #1"]);
    await finds("plan", ["Plan"]);
    await ada.look("search");
  });

  await step("the code has the file, its history and its last change", async () => {
    await page.goto("/main/browser/gate.txt");
    await says("oiled");
    await ada.look("file");
    await page.goto("/main/log/gate.txt");
    await says("Fixes #1");
    await ada.look("log");
  });
}

story.site = { clone: true };
story.shapes = ["desk", "phone-noscript"];
