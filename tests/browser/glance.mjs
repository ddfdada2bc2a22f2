// The page at a glance: taking a ticket, filing one in a line, arranging the page by keys alone, all projects in one table.
import { strict as assert } from "node:assert";

const password = "a few words of mine";

export async function glance({ site, person, step }) {
  site.command("user", "add", "ada", "--admin", "--password-stdin", { input: password });
  site.command("user", "add", "kim", "--full-name", "Kim Haller", "--password-stdin", { input: password });
  site.command("permission", "grant", "main", "kim", "members");
  site.command("project", "create", "tools", "--title", "Tools");
  site.command("permission", "grant", "tools", "kim", "members");
  site.command("component", "create", "main", "Roof");
  site.command("component", "create", "main", "Doors");
  for (const [summary, ...sets] of [
    ["The lamp flickers", "component=Doors"],
    ["A very long summary of a leak in the roof above the second door of the third house on the left", "component=Roof", "priority=blocker", "owner=kim", "due=2026-01-02"],
    ["Paint the fence", "component=Roof", "owner=kim"],
  ]) site.command("ticket", "new", "main", "--summary", summary, ...sets.flatMap((set) => ["--set", set]));
  const kim = await person();
  const { page } = kim;
  const main = page.locator("main");
  const box = (kind) => main.locator(`.glance-${kind}`);

  await step("kim signs in", async () => {
    await page.goto("/-/login");
    await page.fill("[name=user]", "kim");
    await page.fill("[name=password]", password);
    await main.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.locator("details.menu summary").waitFor();
  });

  await step("what matters most comes first, and nobody's ticket is taken", async () => {
    await page.goto("/main/wiki/WikiStart");
    await page.locator("details.menu summary").click();
    await page.getByRole("link", { name: "At a glance" }).click();
    await box("mine").locator(".col-summary").first().waitFor();
    assert.match(await box("mine").locator("tbody tr").first().innerText(), /leak in the roof/);
    await kim.look("glance");
    await box("unowned").getByRole("button", { name: /^Take/ }).click();
    await box("mine").getByText("The lamp flickers").waitFor();
    assert.match(page.url(), /\/main\/home$/);
  });

  await step("a ticket is filed in a line", async () => {
    const form = box("new");
    await form.getByLabel("Summary").fill("The gate squeaks");
    await form.getByLabel("Owner").selectOption({ label: "me" });
    await form.getByRole("button", { name: "Create" }).click();
    await page.waitForURL(/\/ticket\/4$/);
  });

  await step("a number leads to its list", async () => {
    await page.goto("/main/home");
    const number = box("counts").locator("td a").first();
    const count = Number(await number.innerText());
    await number.click();
    await main.locator("table.tickets").waitFor();
    assert.equal(await main.locator("table.tickets tbody tr").count(), count);
  });

  await step("the page is arranged by keys alone", async () => {
    await page.goto("/main/home");
    await main.getByRole("link", { name: "Arrange" }).focus();
    await page.keyboard.press("Enter");
    await main.locator("[name=new_kind]").focus();
    await page.keyboard.type("Note");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const text = main.locator("textarea").last();
    await text.focus();
    await page.keyboard.type("Look at #2 **first**.");
    await main.locator("input[name^=place_]").last().fill("0");
    await kim.look("glance-arrange");
    await main.getByRole("button", { name: "Save", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/main\/home$/);
    assert.equal(await main.locator(".glance-main h2").first().innerText(), "Note");
    assert.equal(await box("text").getByRole("link", { name: "#2" }).count(), 1);
  });

  await step("a box that needs something to show says so and keeps what was typed", async () => {
    await page.goto("/main/home/arrange");
    await main.locator("[name=new_kind]").selectOption("query");
    await main.getByRole("button", { name: "Add" }).click();
    await main.locator("[name^=title_]").last().fill("Of the roof");
    await main.getByRole("button", { name: "Save", exact: true }).click();
    await main.locator(".problems").waitFor();
    assert.equal(await main.locator("[name^=title_]").last().inputValue(), "Of the roof");
    await kim.look("glance-refused");
  });

  await step("all projects stand in one table", async () => {
    await page.goto("/-/home");
    assert.deepEqual(await main.locator(".glance-projects th[scope=row]").allInnerTexts(), ["Main", "Tools"]);
    await kim.look("glance-projects");
  });
}
