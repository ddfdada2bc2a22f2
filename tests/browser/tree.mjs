// The story of a wiki that grows: a page from a template, the tree beside the text, a move with its links, and back.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";

export async function tree({ site, person, step, scripts }) {
  const ada = await person();
  const { page } = ada;
  const main = page.locator("main");
  const words = async () => (await main.innerText()).replace(/\s+/g, " ");
  const save = async (name, text) => {
    await page.goto(`/main/wiki/${name}?action=edit`);
    await page.locator("textarea[name=text]").fill(text);
    await main.getByRole("button", { name: /^(Save|Create the page)$/ }).click();
  };

  await step("a new page begins with a template", async () => {
    await page.goto(site.link);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=full_name]", "Ada Long-Fellow");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await page.locator("main form button").last().click();
    await page.goto("/main/wiki/Meetings/May?action=edit");
    await main.getByRole("link", { name: "Minutes", exact: true }).click();
    const text = await page.inputValue("textarea[name=text]");
    assert(text.includes('title: "May"') && text.includes("written by Ada Long-Fellow"), text);
    await ada.look("from-template");
    await main.getByRole("button", { name: "Create the page" }).click();
    assert.equal(await main.locator("h1").first().innerText(), "May");
    await ada.look("tagged");
    await main.getByRole("link", { name: "minutes" }).click();
    await ada.look("tag");
  });

  await step("the tree stands beside the text", async () => {
    await save("Meetings/June", "After [[Meetings/May|the last one]].");
    await save("Meetings", "All of them: [[Meetings/May]] and [[Meetings/June]].");
    await page.goto("/main/wiki/Meetings/June");
    await page.locator("details.tree > summary").click();
    if (scripts) {
      const current = page.locator("details.tree [aria-current=page]");
      await until(5_000, () => current.count(), () => "the tree did not come");
      assert.equal(await current.innerText(), "June");
      await ada.look("tree-beside");
      await page.locator("details.tree").getByRole("link", { name: "May" }).click();
      assert.equal(await main.locator("h1").first().innerText(), "May");
    } else {
      await page.locator("details.tree p a").click();
      assert((await words()).includes("Below June"), await words());
      await main.getByRole("link", { name: "Meetings" }).click();
    }
    await page.goto("/main/wiki-tree");
    await ada.look("tree");
  });

  await step("a move shows the links that follow, and is undone", async () => {
    await page.goto("/main/wiki/Meetings?action=rename");
    await page.fill("[name=new_name]", "Minutes");
    await page.check("[name=children]");
    await main.getByRole("button", { name: "Preview" }).click();
    assert((await words()).includes("[[Meetings/May]] → [[Minutes/May]]"), await words());
    await ada.look("move-preview");
    await main.getByRole("button", { name: "Rename", exact: true }).click();
    assert.equal(new URL(page.url()).pathname, "/main/wiki/Minutes");
    await page.goto("/main/wiki/Minutes?action=rename");
    await ada.look("move-done");
    await main.getByRole("button", { name: "Undo this move" }).click();
    assert.equal(new URL(page.url()).pathname, "/main/wiki/Meetings");
    assert((await words()).includes("All of them: Meetings/May"), await words());
  });

  await step("sidebar, footer and reports help to look after it", async () => {
    await save("_Sidebar", "[[Meetings]] and [[Wished]]");
    await save("_Footer", "Kept by all of us.");
    await page.goto("/main/wiki/Meetings/June");
    assert((await page.locator(".page-footer").innerText()).includes("Kept by all of us."));
    await ada.look("furniture");
    await page.goto("/main/wiki-report");
    await ada.look("reports");
    await main.getByRole("link", { name: "Wanted pages" }).click();
    assert((await words()).includes("wished"), await words());
    await ada.look("report-wanted");
  });
}
