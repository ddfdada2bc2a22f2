// The story of a report: a list is saved under a name, found again and shared; SQL is written, fails, and is mended; a token
// for a feed is made and revoked.
import { strict as assert } from "node:assert";

const password = "a few words of mine";

export async function reports({ site, person, step }) {
  site.command("user", "add", "ada", "--admin", "--password-stdin", { input: password });
  for (const [summary, owner] of [["The gate squeaks", "ada"], ["Paint the fence", ""], ["A lamp is out", "ada"]]) {
    site.command("ticket", "new", "main", "--summary", summary, ...(owner ? ["--set", `owner=${owner}`] : []));
  }
  const ada = await person();
  const { page } = ada;
  const main = page.locator("main");
  const button = (name) => main.getByRole("button", { name, exact: true });
  const link = (name) => main.getByRole("link", { name, exact: true });
  const heading = () => main.locator("h1").first().innerText();

  await page.goto("/-/login");
  await page.fill("[name=user]", "ada");
  await page.fill("[name=password]", password);
  await button("Sign in").click();
  await page.locator("details.menu summary").waitFor();

  await step("a list of tickets is saved under a name", async () => {
    await page.goto("/main/query?owner=ada&order=id");
    await button("Save query").click();
    await page.fill("[name=title]", "What is mine");
    await page.fill("[name=description]", "Look at *these* first.");
    await page.check("[name=usual]");
    await ada.look("report-new");
    await button("Save the report").click();
    await main.locator(".saved-about em").waitFor();
    assert.match(await heading(), /^What is mine\s+2$/);
    await ada.look("report-list");
    await page.goto("/main/query");
    assert.match(await heading(), /^What is mine/, "it is the usual list");
  });

  await step("reports are listed in an order", async () => {
    await page.goto("/main/report");
    await ada.look("reports");
    await main.locator("th").getByRole("link", { name: "Report" }).click();
    await main.locator("th[aria-sort=ascending]").filter({ hasText: "Report" }).waitFor();
    assert.equal(await main.locator("tbody tr").count(), 9);
    await link("Active tickets, mine first").click();
    await main.locator(".report-rows").waitFor();
    assert.deepEqual(await main.locator(".report-rows .group bdi").allInnerTexts(), ["My tickets", "Active tickets"]);
    await ada.look("report-sql");
  });

  await step("SQL that fails says why, and is mended", async () => {
    await page.goto("/main/report?action=new");
    assert.equal(await page.inputValue("[name=description]"), "", "what was saved is no draft any more");
    await page.fill("[name=title]", "Tickets about $WORD");
    await page.fill("[name=query]", "select id, sumary from ticket where summary like '%$WORD%'");
    await button("Save the report").click();
    await main.locator(".problems").waitFor();
    assert.match(await main.locator(".problems").innerText(), /no such column: sumary/);
    await ada.look("report-failed");
    await link("Edit").click();
    await page.fill("[name=query]", "select id, summary, description as _description_ from ticket where summary like '%$WORD%'");
    await ada.look("report-edit");
    await button("Save").click();
    await page.fill("[name=WORD]", "lamp");
    await button("Show").click();
    await main.locator("h1").filter({ hasText: "Tickets about lamp" }).waitFor();
    assert.deepEqual(await main.locator(".report-rows tbody a").allInnerTexts(), ["#3", "A lamp is out"]);
    await ada.look("report-variables");
  });

  await step("a report is deleted when that is confirmed", async () => {
    await link("Delete").click();
    await ada.look("report-delete");
    await button("Delete").click();
    await main.locator("table.reports").waitFor();
    assert.equal(await main.locator("tbody tr").count(), 9);
  });

  await step("a token for a feed is made, shown once, and revoked", async () => {
    await page.goto("/-/account");
    await page.fill("[name=label]", "The reader on my phone");
    await button("Make a token").click();
    const token = await main.locator(".new-token").innerText();
    await ada.look("account-token");
    const feed = `${site.address}/main/query?format=atom&token=${token}`;
    assert.equal((await fetch(feed)).status, 200);
    await main.getByRole("button", { name: /^Revoke/ }).click();
    await page.waitForLoadState();
    assert.equal(await main.locator(".new-token").count(), 0);
    const after = await fetch(feed, { redirect: "manual" });
    assert(after.status === 404 || !(await after.text()).includes("lamp"), "the token still opens something");
  });
}
