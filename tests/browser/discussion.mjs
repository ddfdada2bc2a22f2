// Talking about a page and suggesting how it should be: a passage that is selected, marks in the margin, answers, a ticket,
// changes that are taken one by one, watched pages. Without scripts the same is done with forms.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";
const text = "# Doors\n\nDoors open **two seconds** after the signal.\n\n## Windows\n\nWindows stay shut.\n\n## Lamps\n\nLamps burn all night.\n";

export async function discussion({ site, person, step, scripts }) {
  for (const [login, name] of [["kim", "Kim Haller"], ["ann", "Ann Reader"]]) {
    site.command("user", "add", login, "--full-name", name, "--password-stdin", { input: password });
  }
  site.command("permission", "grant", "main", "kim", "members", "WIKI_MODIFY", "WIKI_DISCUSS");
  site.command("permission", "grant", "main", "ann", "WIKI_VIEW", "WIKI_SUGGEST");
  site.command("permission", "revoke", "main", "members", "WIKI_MODIFY", "WIKI_DISCUSS");
  site.command("wiki", "save", "main", "Plan", { input: text });
  const [kim, ann] = [await person(), await person()];
  const button = ({ page }, name) => page.locator("main").getByRole("button", { name, exact: true });
  const signIn = async (who, login) => {
    await who.page.goto("/-/login");
    await who.page.fill("[name=user]", login);
    await who.page.fill("[name=password]", password);
    await button(who, "Sign in").click();
    await who.page.locator("details.menu summary").waitFor();
  };
  const { page } = kim;
  const main = page.locator("main");

  await step("kim and ann sign in", async () => {
    await signIn(kim, "kim");
    await signIn(ann, "ann");
  });

  await step("a passage is discussed where it stands", async () => {
    await page.goto("/main/wiki/Plan");
    if (scripts) {
      await page.evaluate(() => {
        const paragraph = document.querySelector("article p");
        const range = new Range();
        range.setStart(paragraph.firstChild, "Doors ".length);
        range.setEnd(paragraph.lastChild, " after".length);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
      });
      await button(kim, "Discuss this").click();
      await page.waitForURL(/quote=/);
      assert.equal(await page.inputValue("[name=quote]"), "open two seconds after");
    } else {
      await page.goto("/main/wiki/Plan?action=discussion");
      await page.fill("[name=quote]", "open two seconds after");
    }
    await page.fill("textarea[name=comment]", "Is that not too late?");
    await kim.look("discussion-new");
    await button(kim, "Begin").click();
    await page.waitForURL(/message=1/);
    assert.match(await main.innerText(), /Is that not too late\?/);
  });

  await step("a heading is discussed, and both are marked at the text", async () => {
    await page.goto("/main/wiki/Plan");
    if (scripts) await main.getByRole("link", { name: "Discuss “Windows”", exact: true }).click();
    else await page.goto("/main/wiki/Plan?action=discussion");
    await page.selectOption("[name=heading]", "windows");
    await page.fill("textarea[name=comment]", "And these?");
    await button(kim, "Begin").click();
    await page.goto("/main/wiki/Plan");
    assert.equal(await main.locator("[data-marks] a").count(), 2);
    if (scripts) {
      await main.locator(".thread-mark").first().waitFor();
      assert.equal(await main.locator("p > .thread-mark, h2 > .thread-mark").count(), 2);
    }
    await kim.look("discussion-marks");
  });

  await step("what is open, and what is rarely wanted, is reached by keys alone", async () => {
    const press = async (what) => {
      await what.focus();
      await page.keyboard.press("Enter");
    };
    await page.goto("/main/wiki?action=index");
    await press(main.locator("nav.tabs").getByRole("link", { name: "Discussions", exact: true }));
    await page.waitForURL(/\/discussions$/);
    await kim.look("discussions");
    await press(main.getByRole("link", { name: "On “Windows” of Plan" }));
    await main.locator("#thread-2").waitFor();
    await press(main.locator(".more-tabs > summary"));
    await main.locator(".more-tabs[open]").waitFor();
    await kim.look("more");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/attachment\//);
  });

  await step("it is answered, resolved and made into a ticket", async () => {
    await page.goto("/main/wiki/Plan?action=discussion&replyto=1");
    await page.fill("textarea[name=comment]", "One second would do.");
    await button(kim, "Answer").click();
    await page.waitForURL(/message=3/);
    await main.getByRole("link", { name: "Make a ticket of it" }).click();
    await button(kim, "Create the ticket").click();
    await page.goto("/main/wiki/Plan?action=discussion");
    await main.getByRole("link", { name: "#1 Is that not too late?" }).waitFor();
    await kim.look("discussion");
    await main.locator("#thread-1").getByRole("button", { name: "Resolve", exact: true }).click();
    await main.locator("#thread-1.is-resolved").waitFor();
  });

  await step("ann suggests an edit", async () => {
    await ann.page.goto("/main/wiki/Plan");
    await ann.page.getByRole("link", { name: "Suggest an edit", exact: true }).click();
    await ann.page.fill("textarea[name=text]", text.replace("two seconds", "one second").replace("all night", "until ten"));
    await ann.page.fill("[name=comment]", "As it was decided");
    await ann.look("suggest");
    await button(ann, "Suggest").click();
    await ann.page.waitForURL(/\/suggestion\/1$/);
  });

  await step("kim takes a part of it, and ann is named", async () => {
    await page.goto("/main/wiki/Plan");
    await main.getByRole("link", { name: "Suggested 1" }).click();
    await main.locator("table").getByRole("link", { name: "Plan", exact: true }).click();
    await page.getByLabel("Take this change, line 11").uncheck();
    await kim.look("suggestion");
    await button(kim, "Take what is ticked").click();
    await until(8_000, async () => (await main.innerText()).includes("One change is left."), () => "nothing was taken");
    await page.goto("/main/wiki/Plan?action=history");
    assert.match(await main.innerText(), /Ann Reader/);
    await page.goto("/main/suggestion/1");
    await page.fill("[name=reason]", "The lamps stay as they are.");
    await button(kim, "Decline").click();
    await ann.page.goto("/main/suggestions");
    await ann.page.getByText("The lamps stay as they are.").waitFor();
    await ann.look("suggestions");
  });

  await step("a watched page tells what is new", async () => {
    await ann.page.goto("/main/wiki/Plan");
    await button(ann, "Watch it and those below it").click();
    await ann.page.getByText("You watch this page and those below it.").waitFor();
    site.command("--as", "kim", "wiki", "save", "main", "Plan", { input: `${text}\nMore.\n` });
    await ann.page.goto("/main/watched");
    await ann.page.locator("main").getByRole("link", { name: /^1 new version/ }).waitFor();
    await ann.look("watched");
    await button(ann, "Mark all as seen").click();
    await ann.page.getByText("Nothing new since you last looked.").waitFor();
  });
}
