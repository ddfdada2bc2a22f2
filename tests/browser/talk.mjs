// Talking on a ticket and filing one well: boxes ticked by mouse and keyboard, what is new, canned replies, who will be told,
// what is offered while one writes, templates, tickets that are filed already, drafts. Without scripts the same is done with forms.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";

export async function talk({ site, person, step, scripts }) {
  site.command("user", "add", "ada", "--admin", "--password-stdin", { input: password });
  site.command("user", "add", "kim", "--full-name", "Kim Haller", "--password-stdin", { input: password });
  site.command("permission", "grant", "main", "kim", "members");
  site.command("reply", "create", "main", "Thanks", "--text", "Thank you, $reporter. $ticket “$summary” is seen to.");
  site.command("template", "create", "main", "Fault", "--type", "defect", "--text", "## Steps\n\n## Log\n", "--require", "Steps");
  site.command("template", "create", "main", "Wish", "--type", "enhancement", "--text", "## Why\n");
  site.command("ticket", "new", "main", "--summary", "The lamp flickers", "--set", "type=task");
  site.command("index", "rebuild", "main");
  const kim = await person();
  const { page } = kim;
  const main = page.locator("main");
  const button = (name) => main.getByRole("button", { name, exact: true });
  const area = (name) => page.locator(`textarea[name=${name}]`);
  const comes = (what, sees) => until(8_000, sees, () => what);

  await step("kim signs in", async () => {
    await page.goto("/-/login");
    await page.fill("[name=user]", "kim");
    await page.fill("[name=password]", password);
    await button("Sign in").click();
    await page.locator("details.menu summary").waitFor();
  });

  await step("a template begins the description and asks for its parts", async () => {
    await page.goto("/main/newticket");
    assert.equal(await area("field_description").inputValue(), "## Steps\n\n## Log\n");
    await main.getByRole("link", { name: "Wish", exact: true }).click();
    await page.waitForURL(/template=Wish/);
    assert.equal(await area("field_description").inputValue(), "## Why\n");
    await page.goto("/main/newticket");
    await page.fill("[name=field_summary]", "The gate squeaks");
    await button("Create the ticket").click();
    await main.locator(".problems").waitFor();
    await kim.look("talk-new");
    await area("field_description").fill("## Steps\n\n- [ ] open it\n- [x] close it\n\n## Log\n");
    await button("Create the ticket").click();
    await page.waitForURL(/\/ticket\/2$/);
  });

  await step("a box is ticked with one click, and with a key", async () => {
    const box = main.getByRole("checkbox", { name: "open it", exact: true });
    const progress = (words) => comes(words, async () => (await main.locator("[data-task-progress]").innerText()) === words);
    await box.click();
    await progress("2 of 2 done");
    await box.focus();
    await page.keyboard.press("Space");
    await progress("1 of 2 done");
    if (scripts) assert(await box.evaluate((one) => one === document.activeElement), "the focus has gone");
    await comes("two changes", async () => (await main.locator("li.entry").count()) === 2);
  });

  await step("a box of a text that was rewritten is not ticked, and the page says why", async () => {
    await page.goto("/main/ticket/2");
    const box = main.getByRole("checkbox", { name: "open it", exact: true });
    const old = await box.getAttribute("value");
    site.command("ticket", "change", "main", "2", "--set", "description=- [ ] something else\n- [ ] open it");
    await comes("the new text", async () => (scripts || (await page.reload(), true)) && (await main.getByRole("checkbox").count()) === 2 && (await box.getAttribute("value")) !== old);
    await box.evaluate((one, value) => (one.value = value), old);
    await box.click();
    await comes("a refusal", async () => (await main.innerText()).includes("changed meanwhile"));
    // A script that is refused complains in the console; nothing else may.
    const complaints = kim.errors.splice(0);
    assert.equal(complaints.length, scripts ? 1 : 0, complaints.join("\n"));
    assert(complaints.every((one) => /^409 for POST .*\/ticket\/2\/task$/.test(one)), complaints.join("\n"));
  });

  await step("what others said is marked until it is read", async () => {
    site.command("--as", "ada", "ticket", "comment", "main", "2", "It squeaks louder.");
    site.command("--as", "ada", "ticket", "comment", "main", "2", "Much louder.");
    await page.goto("/main/ticket/2");
    const news = main.locator(".news a");
    await page.goto("/main/query?unread=1");
    assert.equal(await main.locator(".is-unread .unread-sign").count(), 1);
    await kim.look("talk-unread");
    await page.goto("/main/ticket/2");
    assert.match(await news.innerText(), /^\d new since you looked$/);
    await kim.look("talk-ticket");
    await news.click();
    await button("Mark as read").click();
    await comes("nothing new", async () => (await main.locator(".news:visible, .entry-new").count()) === 0);
  });

  await step("threads, and keeping them", async () => {
    await main.getByRole("link", { name: "Threads", exact: true }).click();
    await page.waitForURL(/order=threaded/);
    await button("Always like this").click();
    await page.waitForURL(/\/ticket\/2#conversation$/);
    assert.equal(await main.locator(".looks [aria-current]").first().innerText(), "Threads");
  });

  await step("a canned reply is put in, and the preview says who will be told", async () => {
    await page.goto("/main/ticket/2");
    await page.selectOption("[name=canned]", { label: "Thanks" });
    await button("Put in").click();
    await comes("the reply", async () => (await area("comment").inputValue()).includes("“The gate squeaks” is seen to."));
    await area("comment").fill("See there, @ada.");
    if (!scripts) await button("Preview").click();
    await comes("ada in the preview", async () => (await main.locator(".told").count()) > 0 && (await main.locator(".told").innerText()).includes("ada (mentioned)"));
    await kim.look("talk-preview");
  });

  await step("a ticket that is filed already is shown before it is filed again", async () => {
    await page.goto("/main/newticket?template=");
    await page.fill("[name=field_summary]", "the lamp flickers again");
    if (!scripts) await button("Preview").click();
    await main.locator(".similar a").first().waitFor();
    assert.equal(await main.locator(".similar a").first().innerText(), "#1 The lamp flickers");
  });

  if (!scripts) return;
  await step("a draft of a new ticket comes back with its summary", async () => {
    await area("field_description").fill("It does.");
    await page.waitForTimeout(600);
    await page.goto("/main/newticket?template=");
    assert.equal(await page.inputValue("[name=field_summary]"), "the lamp flickers again");
    assert.equal(await area("field_description").inputValue(), "It does.");
  });

  await step("what a text may refer to is offered at the cursor while it is written", async () => {
    await page.goto("/main/ticket/2");
    const offered = main.locator(".complete:visible [role=option]");
    await area("comment").fill("");
    await area("comment").pressSequentially("Like #flick");
    await comes("a ticket", async () => (await offered.count()) === 1);
    assert.match(await offered.innerText(), /^#1 The lamp flickers/);
    await page.keyboard.press("Enter");
    await area("comment").pressSequentially("and [[SandB");
    await comes("a page", async () => (await offered.count()) === 1);
    await page.keyboard.press("Enter");
    assert.equal(await area("comment").inputValue(), "Like #1 and [[SandBox]]");
    await area("comment").fill("");
    await area("comment").pressSequentially("- Please look, @ad");
    await comes("ada", async () => (await offered.count()) === 1);
    await kim.look("talk-names");
    assert.equal(await area("comment").getAttribute("aria-activedescendant"), await offered.getAttribute("id"));
    await page.keyboard.press("Enter");
    assert.equal(await area("comment").inputValue(), "- Please look, @ada ");
    await area("comment").pressSequentially("and @Kim H");
    assert.equal(await offered.count(), 0, "a blank ends the name");
    await area("comment").pressSequentially("\n@");
    await comes("everybody", async () => (await offered.count()) === 2);
    await page.keyboard.press("Escape");
    assert.equal(await offered.count(), 0);
    assert.equal(await area("comment").inputValue(), "- Please look, @ada and @Kim H\n- @");
    await area("comment").fill("");
  });
}
