// A crew plans a season: what is where on a board, whose cards move by key, by hand and without scripts; how it goes in charts;
// what is due in a calendar.
import { strict as assert } from "node:assert";
import { hands, password } from "./hands.mjs";
import { until } from "./site.mjs";

export async function planning({ site, person, step, scripts, phone }) {
  site.command("user", "add", "kim", "--full-name", "Kim Haller", "--password-stdin", { input: password });
  site.command("project", "create", "crew", "--title", "The crew");
  site.command("permission", "grant", "crew", "kim", "members", "MILESTONE_ADMIN");
  site.command("milestone", "create", "crew", "Launch", "--due", "2031-03-14");
  const filed = [
    ["Sand the hull", "major", "2031-03-03"], ["Paint the hull", "minor", "2031-03-10"], ["Order rope", "blocker", "2031-03-03"],
    ["Find the anchor", "trivial", ""], ["Write the list", "major", "2031-03-03"],
  ];
  for (const [summary, priority, due] of filed) {
    const more = due ? ["--set", `due=${due}`] : [];
    site.command("ticket", "new", "crew", "--summary", summary, "--set", `priority=${priority}`, "--set", "milestone=Launch", "--set", "estimated=3h", ...more);
  }
  const one = await person();
  const { page, look } = one;
  const kim = hands(page);
  const column = (state) => page.locator(`.cards[data-column="status=${state}"]`);
  const card = (number) => page.locator(`#card-${number}`);
  const stands = (number, state) => until(8_000, async () => (await column(state).locator(`#card-${number}`).count()) === 1, () => `#${number} is not in ${state}`);

  await step("the board shows every ticket in the column of its state", async () => {
    await kim.signIn("kim");
    await page.goto("/crew/query?milestone=Launch");
    await kim.link("Board").click();
    await page.waitForURL(/\/crew\/board\?milestone=Launch/);
    assert.equal(await column("new").locator(".card").count(), 5);
    await look("planning-board");
  });

  await step("a card moves with the keyboard alone", async () => {
    const summary = card(3).locator("summary");
    await summary.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    // By its letters, as one chooses in a menu.
    await page.keyboard.type("accep");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#card-3$/);
    await stands(3, "accepted");
    await kim.says("#3 is moved: accepted.");
  });

  await step("closing asks how, and leads back to the board", async () => {
    await card(3).locator("summary").click();
    await card(3).locator("select").selectOption("status=closed");
    await kim.button(/^Move/, card(3)).click();
    await page.waitForURL(/\/board\/move\?/);
    await look("planning-move");
    await page.selectOption("[name=action_resolve_resolve_resolution]", "fixed");
    await kim.button("Move").click();
    await page.waitForURL(/#card-3$/);
    await stands(3, "closed");
  });

  if (scripts && !phone) {
    await step("a card is dragged where it may go, and goes back where that is refused", async () => {
      await card(1).dragTo(column("accepted"));
      await stands(1, "accepted");
      await page.goto("/crew/board?milestone=Launch&columns=priority");
      // Somebody else changes the same field meanwhile.
      site.command("ticket", "change", "crew", "2", "--set", "priority=major");
      await page.evaluate(() => window.stop());
      const button = card(2).locator(".card-move button");
      await button.evaluate((found) => (found.formAction = found.formAction.replace(/view_time=\d+/, "view_time=0")));
      const before = await card(2).locator("xpath=..").getAttribute("data-column");
      await card(2).dragTo(page.locator('.cards[data-column="priority=critical"]'));
      await page.locator("[data-board-told]").filter({ hasText: "The card is where it was." }).waitFor();
      assert.equal(await card(2).locator("xpath=..").getAttribute("data-column"), before);
      one.errors.splice(0);
    });
  }

  await step("the board has rows by another field", async () => {
    await page.goto("/crew/board?milestone=Launch");
    await page.locator("main [name=rows]").selectOption("priority");
    await kim.button("Show").click();
    await page.waitForURL(/rows=priority/);
    assert((await page.locator(".board-row").count()) >= 3);
    await look("planning-board-rows");
  });

  await step("the milestone leads to its burn-down with a table", async () => {
    await page.goto("/crew/milestone/Launch");
    await kim.says("15h estimated");
    await look("planning-milestone");
    await kim.link("Charts").click();
    await page.waitForURL(/\/chart\?chart=burndown/);
    await kim.unfold("As a table");
    await look("planning-burndown");
  });

  await step("another chart is chosen in the form", async () => {
    await kim.unfold("Another chart");
    await page.selectOption("[name=chart]", "by");
    await page.selectOption("[name=by]", "priority");
    await kim.button("Draw").click();
    await page.waitForURL(/chart=by&by=priority/);
    await look("planning-bars");
    await page.goto("/crew/chart");
    await look("planning-flow");
  });

  await step("the calendar has what is due", async () => {
    await page.goto("/crew/roadmap");
    await kim.link("Calendar").click();
    await page.waitForURL(/\/calendar$/);
    await look("planning-calendar-now");
    await page.goto("/crew/calendar?month=2031-03");
    await kim.says("Launch");
    assert.equal(await page.locator("td:has(> time[datetime='2031-03-03']) li").count(), 3);
    await look("planning-calendar");
    await kim.link(/April 2031/).click();
    await page.waitForURL(/month=2031-04/);
  });

  await step("the roadmap counts tickets or time", async () => {
    await page.goto("/crew/roadmap");
    await kim.main.getByRole("switch", { name: "By estimated time" }).click();
    await page.waitForURL(/by_estimate=1/);
    await kim.says("3h done");
    await look("planning-roadmap");
  });
}
