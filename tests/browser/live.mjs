// Two people with the same pages open: what one does appears on the other's, without a reload and without touching what is
// being written. Without scripts the pages are as they were, and complain of nothing.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";

export async function live({ site, person, step, scripts }) {
  site.command("user", "add", "ada", "--admin", "--password-stdin", { input: password });
  site.command("user", "add", "kim", "--password-stdin", { input: password });
  site.command("permission", "grant", "main", "kim", "members");
  site.command("milestone", "create", "main", "1.0");
  site.command("ticket", "new", "main", "--summary", "The gate squeaks", "--set", "milestone=1.0");
  site.command("ticket", "new", "main", "--summary", "The lamp flickers", "--set", "milestone=1.0");
  site.command("wiki", "save", "main", "Plan", { input: "# Plan\n\nFirst #1, then the rest.\n\n[[TicketQuery(status!=closed)]]\n" });
  site.command("index", "rebuild", "main");
  const kim = await person();
  const { page } = kim;
  const main = page.locator("main");
  const has = async (locator, what) => until(8_000, () => locator.count().then(Boolean), () => what);
  /** Opens a page, and waits until its stream has begun. */
  const open = async (address, of = page) => {
    const begun = scripts ? of.waitForResponse((response) => response.url().includes("/-/live?")) : null;
    await of.goto(address);
    await begun;
  };
  const signIn = async (of, login) => {
    await of.goto("/-/login");
    await of.fill("[name=user]", login);
    await of.fill("[name=password]", password);
    await of.locator("main").getByRole("button", { name: "Sign in", exact: true }).click();
    await of.locator("details.menu summary").waitFor();
  };
  const comment = (number, of = page) => of.locator(`[id="comment:${number}"]`);
  const form = page.getByRole("textbox", { name: "Comment", exact: true });

  await step("kim signs in", async () => {
    await signIn(page, "kim");
  });

  if (!scripts) {
    await step("without scripts a page waits for its reader", async () => {
      await open("/main/ticket/1");
      site.command("ticket", "comment", "main", "1", "It squeaks louder.");
      await page.reload();
      await has(comment(1), "the comment is not there after a reload");
      await kim.look("live-ticket");
    });
    return;
  }

  await step("a comment appears, and a half-typed one stays as it is", async () => {
    await open("/main/ticket/1");
    await form.fill("I was just about to");
    const seen = await page.locator("form[data-ticket-form] [name=view_time]").inputValue();
    site.command("ticket", "comment", "main", "1", "It squeaks louder.");
    await has(comment(1), "the comment does not appear");
    await until(4_000, () => page.locator("main p[role=status].unseen").innerText().then((text) => text.includes("New: 1 comment"), () => false), () => "nobody is told of it");
    assert.equal(await form.inputValue(), "I was just about to");
    assert(await form.evaluate((area) => area === document.activeElement), "the focus has gone");
    assert.equal(await page.locator("form[data-ticket-form] [name=view_time]").inputValue(), seen);
    await kim.look("live-comment");
  });

  await step("a new state appears, and what is being read stays where it is", async () => {
    await form.scrollIntoViewIfNeeded();
    const top = await form.evaluate((area) => area.getBoundingClientRect().top);
    site.command("ticket", "change", "main", "1", "--action", "resolve", "--resolution", "fixed", "--comment", "Oiled.\n\nTwice.\n\nThe hinge, too.");
    await has(main.locator(".ticket-state", { hasText: "fixed" }), "the state does not appear");
    await has(comment(2), "the comment does not appear");
    const now = await form.evaluate((area) => area.getBoundingClientRect().top);
    assert(Math.abs(now - top) < 3, `the text moved from ${top} to ${now}`);
    assert.equal(await form.inputValue(), "I was just about to");
    await form.fill("");
  });

  await step("a text in which something is marked is asked for", async () => {
    await comment(1).locator(".text").evaluate((text) => getSelection().selectAllChildren(text));
    site.command("ticket", "comment", "main", "1", "Still quiet.");
    const more = main.getByRole("button", { name: "New: 1 comment – show" });
    await has(more, "nothing is offered");
    assert.equal(await comment(3).count(), 0);
    await kim.look("live-asked");
    await more.click();
    await has(comment(3), "the comment does not appear");
    assert.equal(await more.count(), 0);
  });

  await step("a page strikes the ticket through, and its list has a row more", async () => {
    await open("/main/wiki/Plan");
    assert.equal(await main.locator(".text p a.closed", { hasText: "#1" }).count(), 1);
    await has(main.locator(".text .ticket-list li", { hasText: "The lamp flickers" }), "the list is not there");
    site.command("ticket", "new", "main", "--summary", "The roof leaks");
    await has(main.locator(".text .ticket-list li", { hasText: "The roof leaks" }), "the row does not appear");
    site.command("ticket", "change", "main", "1", "--action", "reopen");
    await until(8_000, async () => (await main.locator(".text p a.closed").count()) === 0, () => "the ticket is still struck through");
    site.command("wiki", "save", "main", "Plan", { input: "# Plan\n\nFirst #1, then #2.\n" });
    await has(main.locator(".text p", { hasText: "then #2" }), "the new text does not appear");
  });

  await step("who edits a page hears that it was changed", async () => {
    await open("/main/wiki/Plan?action=edit");
    const area = page.getByRole("textbox", { name: "Text of the page" });
    const typed = `${await area.inputValue()}\nMine.\n`;
    await area.fill(typed);
    site.command("wiki", "save", "main", "Plan", { input: "# Plan\n\nFirst #1, then #2, then tea.\n" });
    await has(main.locator(".live-meanwhile", { hasText: "changed meanwhile" }), "nobody is told");
    assert.equal(await area.inputValue(), typed);
    await kim.look("live-meanwhile");
    await page.evaluate(() => localStorage.clear());
  });

  await step("lists, milestones and the timeline follow", async () => {
    await page.goto("about:blank");
    await open("/main/query?status=!closed&order=id");
    site.command("ticket", "new", "main", "--summary", "The bell rings", "--set", "milestone=1.0");
    await has(main.locator("tr.live-new", { hasText: "The bell rings" }), "the row does not appear");
    await kim.look("live-list");
    await open("/main/roadmap");
    const bar = await main.locator(".milestones").innerText();
    site.command("ticket", "change", "main", "2", "--action", "resolve", "--resolution", "fixed");
    await until(8_000, async () => (await main.locator(".milestones").innerText()) !== bar, () => "the bar does not move");
    await open("/main/timeline");
    site.command("ticket", "change", "main", "2", "--action", "reopen", "--comment", "Thunder and lightning.");
    await has(main.locator(".event.live-new", { hasText: "Thunder" }), "the event does not appear");
  });

  await step("results are found while somebody types, and new ones come by themselves", async () => {
    await open("/main/search?q=bell");
    const box = page.getByRole("searchbox", { name: "Words to search for" });
    await box.fill("");
    await box.pressSequentially("thunder", { delay: 30 });
    await has(main.locator(".hits li", { hasText: "The lamp flickers" }), "nothing is found");
    await until(4_000, () => page.url().endsWith("/main/search?q=thunder"), () => page.url());
    assert.equal(await box.inputValue(), "thunder");
    await kim.look("live-search");
    site.command("ticket", "comment", "main", "3", "More thunder.");
    await has(main.locator(".hits li", { hasText: "The roof leaks" }), "the new hit does not come");
  });

  await step("two tabs have one stream, and both are told", async () => {
    const ada = await person();
    await signIn(ada.page, "ada");
    const listening = async () => {
      await ada.page.goto("/-/admin");
      return Number(await ada.page.locator("[data-listening]").innerText());
    };
    await open("/main/ticket/3");
    const second = await page.context().newPage();
    await second.goto("/main/ticket/3");
    await until(25_000, async () => (await listening()) === 1, () => "there is more than one stream");
    await second.waitForTimeout(1_000);
    assert.equal(await listening(), 1);
    site.command("ticket", "comment", "main", "3", "For both.");
    await has(comment(2), "the first tab is not told");
    await has(comment(2, second), "the second tab is not told");
    await page.goto("about:blank");
    await second.waitForTimeout(500);
    site.command("ticket", "comment", "main", "3", "For the one that is left.");
    await has(comment(3, second), "the tab that is left has no stream");
    await second.close();
  });

  await step("without a place for a stream a page is as it was, and asks seldom", async () => {
    let asked = 0;
    await page.route("**/-/live?*", (route) => {
      asked += 1;
      return route.fulfill({ status: 503, headers: { "Retry-After": "120" } });
    });
    await page.goto("/main/ticket/3");
    await page.waitForTimeout(7_000);
    assert(asked >= 2 && asked <= 4, `it asked ${asked} times in seven seconds`);
    await form.fill("Still here.");
    await form.fill("");
    await page.unroute("**/-/live?*");
    const others = kim.errors.splice(0).filter((error) => !error.includes("/-/live?"));
    assert.deepEqual(others, []);
  });

  await step("a page that was removed says so", async () => {
    await open("/main/wiki/Plan");
    site.command("wiki", "remove", "main", "Plan");
    await has(main.locator(".live-gone"), "nobody is told");
    kim.errors.splice(0);
    // A line at the top moves the rest down, and shall be seen.
    await kim.look("live-gone", { shift: 0.1 });
  });
}

live.shapes = ["desk", "phone-noscript"];
