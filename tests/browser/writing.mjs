// Writing a page together and by parts: a section by its pencil, a small change, one change taken back, who wrote what, a
// read-only page. With scripts also what helps while one writes, and that nothing typed is lost by a crash or a sign-out.
import { strict as assert } from "node:assert";
import { hands, password } from "./hands.mjs";
import { until } from "./site.mjs";

const garden = "# Garden\n\n## Beans\n\nThey climb.\n\n## Peas\n\nThey do not.\n";

export async function writing({ site, person, step, scripts }) {
  site.command("user", "add", "ada", "--admin", "--password-stdin", { input: password });
  site.command("user", "add", "kim", "--full-name", "Kim Haller", "--password-stdin", { input: password });
  site.command("permission", "grant", "main", "kim", "members");
  site.command("wiki", "save", "main", "Garden", { input: garden });
  site.command("index", "rebuild", "main");
  const ada = await person();
  const kim = await person();
  const { page } = ada;
  const { main, button, says, signIn } = hands(page);
  const area = (of = page) => of.locator("textarea[name=text]");
  const raw = async () => (await page.context().request.get("/main/wiki/Garden?format=txt")).text();

  await step("ada and kim sign in", async () => {
    await signIn("ada");
    await hands(kim.page).signIn("kim");
  });

  await step("a section is opened by its pencil and saved alone", async () => {
    await page.goto("/main/wiki/Garden");
    await ada.look("writing-pencils");
    await page.locator("h2#beans").hover();
    await main.getByRole("link", { name: "Edit the section “Beans”" }).click();
    await page.waitForURL(/section=beans/);
    assert.equal(await area().inputValue(), "## Beans\n\nThey climb.");
    await ada.look("writing-section");
    await area().fill("## Beans\n\nThey climb high.");
    await page.getByLabel("This is a small change").check();
    await main.getByRole("button", { name: "Save", exact: true }).last().click();
    await page.waitForURL(/\/wiki\/Garden#beans$/);
    assert.equal(await raw(), garden.replace("climb", "climb high"));
  });

  await step("two people write two sections at once", async () => {
    await page.goto("/main/wiki/Garden?action=edit&section=peas");
    await kim.page.goto("/main/wiki/Garden?action=edit&section=beans");
    const hears = () => kim.page.locator("[data-others]:not([hidden])", { hasText: "ada is editing this page, too." }).waitFor();
    if (scripts) await hears();
    await area(kim.page).fill("## Beans\n\nThey climb very high.");
    await hands(kim.page).main.getByRole("button", { name: "Save", exact: true }).last().click();
    await kim.page.waitForURL(/#beans$/);
    await area().fill("## Peas\n\nThey climb, too.");
    await main.getByRole("button", { name: "Save", exact: true }).last().click();
    await page.waitForURL(/#peas$/);
    const text = await raw();
    assert(text.includes("very high") && text.includes("climb, too"), text);
  });

  await step("one change is taken back, and who wrote what is told", async () => {
    await page.goto("/main/wiki/Garden?action=diff&version=3");
    await ada.look("writing-difference");
    await main.getByRole("link", { name: "Take this change back" }).click();
    await page.waitForURL(/undo=3/);
    await main.getByRole("button", { name: "Save", exact: true }).last().click();
    await page.waitForURL(/\/wiki\/Garden$/);
    const text = await raw();
    assert(text.includes("They climb high.") && text.includes("climb, too"), text);
    await page.goto("/main/wiki/Garden?action=annotate");
    await says("They climb, too.");
    await ada.look("writing-annotate");
    await page.goto("/main/wiki/Garden?action=history");
    await ada.look("writing-history");
  });

  await step("a version is removed, and a page is made read-only", async () => {
    await page.goto("/main/wiki/Garden?action=remove&version=2");
    await ada.look("writing-remove");
    await button("Remove version 2").click();
    await page.waitForURL(/action=history/);
    await says("Removed");
    await ada.look("writing-removed");
    await page.goto("/main/wiki/Garden?action=comment&version=3");
    await ada.look("writing-comment");
    await page.goto("/main/wiki/Garden?action=edit");
    await page.getByLabel(/Read-only/).check();
    await main.getByRole("button", { name: "Save", exact: true }).last().click();
    await page.waitForURL(/\/wiki\/Garden$/);
    await kim.page.goto("/main/wiki/Garden");
    await hands(kim.page).says("This page is read-only");
    await kim.look("writing-read-only");
  });

  if (!scripts) return;

  await step("a table grows by Tab and Enter and is put in line", async () => {
    await page.goto("/main/wiki/Table?action=edit");
    await area().fill("| a | b |\n|---|---|\n| long words | c |");
    await page.keyboard.press("Control+End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Tab");
    await page.keyboard.type("new");
    await page.keyboard.press("Tab");
    await page.keyboard.type("cell");
    assert((await area().inputValue()).includes("| new  | cell  |") || /\| *new *\| *cell *\|$/.test(await area().inputValue()), await area().inputValue());
    await page.getByRole("button", { name: /^Align the table/ }).click();
    const lines = (await area().inputValue()).trim().split("\n");
    assert.equal(new Set(lines.map((line) => line.length)).size, 1, lines.join("\n"));
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.name), "text", "after Escape, Tab leaves the text");
  });

  await step("macros are offered with the pages", async () => {
    await page.goto("/main/wiki/Offers?action=edit");
    await area().pressSequentially("[[TitleI");
    const option = page.locator(".complete [role=option]", { hasText: "TitleIndex" }).first();
    await option.waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await area().inputValue(), "[[TitleIndex]]");
  });

  await step("what is typed survives a page that dies", async () => {
    await page.goto("/main/wiki/Crash?action=edit");
    await area().pressSequentially("Typed and never sent");
    await page.waitForTimeout(800);
    const tools = await page.context().newCDPSession(page);
    tools.send("Page.crash").catch(() => {});
    await new Promise((resolve) => page.once("crash", resolve));
    const again = await page.context().newPage();
    await again.goto("/main/wiki/Crash?action=edit");
    await until(5_000, async () => (await area(again).inputValue()) === "Typed and never sent", () => "the draft is gone");
    await again.close();
  });

  await step("what is typed survives the end of the session", async () => {
    const lost = await person();
    await hands(lost.page).signIn("kim");
    await lost.page.goto("/main/wiki/Session?action=edit");
    await area(lost.page).pressSequentially("Written in an old session");
    await lost.page.waitForTimeout(800);
    await lost.page.context().clearCookies();
    await hands(lost.page).main.getByRole("button", { name: "Create the page", exact: true }).click();
    await lost.page.fill("[name=user]", "kim");
    await lost.page.fill("[name=password]", password);
    await hands(lost.page).button("Sign in").click();
    await lost.page.goto("/main/wiki/Session?action=edit");
    const kept = async () => (await area(lost.page).inputValue()) === "Written in an old session";
    await until(5_000, kept, () => "the text is gone");
  });
}
