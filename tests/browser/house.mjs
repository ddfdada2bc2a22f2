// The story of who runs a site: many projects from a roster, who may do what, what is set and what is dangerous, a token for a
// program, and what becomes of a project. Some of it with the keys alone.
import { strict as assert } from "node:assert";
import { hands, password } from "./hands.mjs";

/** Goes on by the tab key until the element with the focus is called that. */
async function tabTo(page, name) {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press("Tab");
    const called = await page.evaluate(() => {
      const found = document.activeElement;
      return (found?.getAttribute("aria-label") ?? found?.labels?.[0]?.innerText ?? found?.innerText ?? "").trim();
    });
    if (called.startsWith(name)) return;
  }
  assert.fail(`the tab key does not come to ${name} on ${page.url()}`);
}

/** Sends the form of the field with the focus by the enter key, and waits for the page that answers. */
async function entered(page) {
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}

/** A picture of one pixel. */
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export async function house({ site, person, step }) {
  const ada = await person();
  const { page } = ada;
  const { main, button, says, sent } = hands(page);

  await step("somebody administers the site", async () => {
    await page.goto(site.link);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await page.locator("main form button").last().click();
    await page.goto("/-/admin/projects");
    await ada.look("projects");
  });

  await step("a roster is looked through, mended and carried out", async () => {
    await page.goto("/-/admin/projects");
    await main.getByRole("link", { name: "From a roster" }).click();
    const roster = (role) => `project,title,login,email,full_name,group,role\nteam-a,Team A,kim,kim@example.org,Kim Lee,team-a,${role}\n`;
    await page.fill("[name=roster]", roster("chief"));
    await button("Say what would be made").click();
    await says("There is no permission");
    await ada.look("roster-refused");
    await page.fill("[name=roster]", "");
    await page.setInputFiles("[name=file]", { name: "course.csv", mimeType: "text/csv", buffer: Buffer.from(roster("members")) });
    await button("Say what would be made").click();
    await says("Projects: 1. Groups: 1. New accounts: 1.");
    await ada.look("roster");
    assert.equal(await sent(button("Make all of it")), 303);
    await says("Team A");
  });

  await step("a project looks like no other", async () => {
    await page.goto("/team-a/admin/look");
    await page.setInputFiles("[name=logo]", { name: "logo.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await button("Save").click();
    await says("PNG, JPEG or WebP");
    await ada.look("look-refused");
    await page.setInputFiles("[name=logo]", { name: "logo.png", mimeType: "image/png", buffer: Buffer.from(dot, "base64") });
    await page.check("#field-own");
    await page.fill("[name=accent]", "#b00040");
    await page.fill("[name=footer]", "Run by *Team A*.");
    await page.fill("[name=places]", "wiki; query = Issues");
    await button("Save").click();
    await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Issues" }).waitFor();
    const drawn = await page.locator(".home img").evaluate((logo) => logo.complete && logo.naturalWidth);
    assert.equal(drawn, 1);
    const accent = await page.evaluate(() => getComputedStyle(document.querySelector("button.main")).backgroundColor);
    assert.ok(["rgb(176, 0, 64)", "rgb(210, 110, 146)"].includes(accent), accent);
    await ada.look("look");
  });

  await step("it is asked who sees a page", async () => {
    await page.goto("/team-a/wiki");
    await page.getByRole("link", { name: "Who sees this" }).click();
    await page.getByRole("heading", { name: /^Who sees wiki:/ }).waitFor();
    await ada.look("who-sees");
    await page.getByRole("link", { name: /^Why kim sees it/ }).click();
    await page.getByRole("heading", { name: /^kim sees/ }).waitFor();
  });

  await step("rules are made and taken back", async () => {
    await page.goto("/team-a/admin/permissions");
    await page.fill("#field-subject", "team-a");
    await page.fill("#field-permission", "TICKET_ADMIN");
    await button("Grant").click();
    await says("TICKET_ADMIN");
    await ada.look("permissions");
    await page.getByRole("button", { name: "Take TICKET_ADMIN back from team-a" }).click();
    assert.equal(await page.getByRole("button", { name: "Take TICKET_ADMIN back from team-a" }).count(), 0);
    await page.goto("/-/admin/groups");
    await ada.look("groups");
  });

  await step("settings, dangers, numbers and the log are read", async () => {
    for (const [address, name] of [
      ["/-/admin", "health"], ["/-/admin/settings", "settings"], ["/-/admin/safety", "safety"], ["/-/admin/sweep", "sweep"],
      ["/-/admin/audit", "audit"],
    ]) {
      await page.goto(address);
      await ada.look(name);
    }
    await page.goto("/-/admin/settings");
    await page.fill("[name='limits.anonymous_writes']", "many");
    await entered(page);
    await says("limits.anonymous_writes");
    assert.equal(await page.locator("[name='limits.anonymous_writes']").inputValue(), "many");
    await page.fill("[name='limits.anonymous_writes']", "60");
    await entered(page);
    await page.goto("/-/admin/settings");
    assert.equal(await page.locator("[name='limits.anonymous_writes']").inputValue(), "60");
  });

  await step("a token for a program is made with the keys alone", async () => {
    await page.goto("/-/account/api-tokens");
    await tabTo(page, "What it is for");
    await page.keyboard.type("The robot");
    await page.keyboard.press("Enter");
    await page.locator(".new-token").waitFor();
    assert.match(await page.locator(".new-token").first().innerText(), /^twk_/);
    await ada.look("tokens");
  });

  await step("a project is archived with the keys alone, then removed and brought back", async () => {
    await page.goto("/-/admin/projects/team-a");
    await ada.look("project");
    await tabTo(page, "Archive it");
    await page.keyboard.press("Enter");
    await button("Open it again").waitFor();
    await page.locator("[name=name]").last().fill("team-a");
    await button("Remove the project").click();
    await page.getByRole("heading", { name: "Bring it back" }).waitFor();
    await ada.look("removed");
    await page.fill("[name=name]", "team-b");
    await button("Bring it back").click();
    await page.goto("/team-b");
    assert.equal(await page.locator("h1").count(), 1);
  });
}
