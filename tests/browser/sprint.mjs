// A student group's sprint: cards from a template, one of them a parent with children, worked on with time beside the comments
// and handed over for review; what is left goes on into the next milestone in one act; and the bars move.
import { strict as assert } from "node:assert";
import { hands, password } from "./hands.mjs";
import { until } from "./site.mjs";

const card = "Everybody helps.\n\n## Done when\n\n- [ ] built\n- [ ] tested\n";

export async function sprint({ site, person, step, scripts }) {
  for (const [login, name] of [["kim", "Kim Haller"], ["robin", "Robin Ahrens"], ["sam", "Sam Ito"]]) {
    site.command("user", "add", login, "--full-name", name, "--password-stdin", { input: password });
  }
  site.command("project", "create", "class", "--title", "Class 10b");
  site.command("group", "create", "hedgehogs");
  site.command("group", "add", "hedgehogs", "kim", "robin", "sam");
  site.command("permission", "grant", "class", "hedgehogs", "TICKET_BATCH_MODIFY", "MILESTONE_CREATE");
  site.command("workflow", "set", "class", "--shipped", "classroom");
  site.command("milestone", "create", "class", "Sprint 1", "--due", "2031-03-07");
  site.command("field", "create", "class", "effort", "--label", "Effort", "--kind", "select", "--option", "small", "--option", "large");
  site.command("template", "create", "class", "Card", "--type", "enhancement", "--text", card, "--require", "Done when");

  const [kim, robin] = [await person(), await person()];
  const [hers, his] = [kim, robin].map((one) => hands(one.page));
  const { page } = kim;
  const relations = page.locator("section.relations");
  const today = new Date().toISOString().slice(0, 10);
  /** How far a milestone is, as the roadmap says and as its bar is long. */
  const done = async (milestone) => {
    const bar = page.locator("article.milestone").filter({ has: page.getByRole("link", { name: milestone, exact: true }) }).locator(".progress-bar");
    // Both in one look: the page may be renewed between two.
    const [closed, percent] = await bar.evaluate((found) => [
      Number(found.querySelector(".bar-closed")?.getAttribute("width") ?? 0), found.querySelector(".progress-percent").innerText,
    ]);
    assert(Math.abs(closed - Number.parseInt(percent)) <= 1, `the bar is ${closed} long and says ${percent}`);
    return percent;
  };
  const press = (name, of, says) => until(8_000, async () => {
    const one = hands(of).button(name);
    if ((await one.count()) > 0) await one.click();
    return (await of.locator(".ticket-state").innerText()).includes(says);
  }, () => `${name} does not lead to ${says}`);

  await step("the group signs in, and one of it plans the second sprint", async () => {
    await hers.signIn("kim");
    await his.signIn("robin");
    await page.goto("/class/milestone?action=new");
    await page.fill("[name=name]", "Sprint 2");
    await page.fill("[name=duedate]", "2031-03-21");
    await hers.button("Create the milestone").click();
    await page.waitForURL(/\/milestone\/Sprint%202$/);
  });

  await step("a card begins with the text of its template, which wants to be filled in", async () => {
    await page.goto("/class/newticket");
    await hers.link("Card").click();
    await page.waitForURL(/template=Card/);
    assert.equal(await page.inputValue("[name=field_description]"), card);
    assert.equal(await page.inputValue("[name=field_type]"), "enhancement");
    await page.fill("[name=field_summary]", "A house for hedgehogs");
    await page.selectOption("[name=field_milestone]", "Sprint 1");
    await page.selectOption("[name=field_effort]", "large");
    assert.equal(await hers.sent(hers.button("Create the ticket")), 422);
    await hers.says("Something has to stand below the heading “Done when”.");
    assert.equal(await page.inputValue("[name=field_effort]"), "large", "what was chosen is kept");
    await page.fill("[name=field_description]", `${card}- [ ] dry inside\n`);
    await kim.look("sprint-new");
    await hers.button("Create the ticket").click();
    await page.waitForURL(/\/ticket\/1$/);
    await hers.says("todo", page.locator(".ticket-state"));
    await hers.says("Effort large", page.locator("dl.properties"));
    await hers.says("0 of 3 done", page.locator("[data-task-progress]"));
  });

  await step("one of its boxes is ticked with a click", async () => {
    await hers.box("built").click();
    await until(8_000, async () => (await page.locator("[data-task-progress]").innerText()) === "1 of 3 done", () => "the box is not ticked");
    assert(await hers.box("built").isChecked());
    assert(!(await hers.box("tested").isChecked()));
    const { description } = await hers.json("/class/ticket/1?format=json");
    assert(description.includes("- [x] built") && description.includes("- [ ] tested"), description);
  });

  await step("it gets children, and one of them a child of its own", async () => {
    await page.goto("/class/newticket?type=task&milestone=Sprint+1");
    await page.fill("[name=field_summary]", "Saw the boards");
    await page.fill("[name=field_description]", "Twelve of them.");
    assert.equal(await page.inputValue("[name=field_milestone]"), "Sprint 1", "the address fills the form in");
    await page.selectOption("[name=field_effort]", "small");
    await hers.unfold("Dates, time and relations");
    await page.fill("[name=field_parent]", "1");
    await page.fill("[name=field_estimated]", "2h");
    await hers.button("Create the ticket").click();
    await page.waitForURL(/\/ticket\/2$/);
    for (const [summary, parent] of [["Paint the roof", 1], ["Find a place", 1], ["Ask the neighbours", 4]]) {
      const set = [`parent=${parent}`, "milestone=Sprint 1", "effort=small", "type=task"].flatMap((one) => ["--set", one]);
      site.command("--as", "robin", "ticket", "new", "class", "--summary", summary, ...set);
    }
    await page.goto("/class/ticket/1");
    await hers.says("Children #2 Saw the boards", relations);
    await hers.says("0 of 4 closed, their own children among them.", relations);
    assert.equal(await relations.locator(".progress-percent").innerText(), "0%");
    await page.goto("/class/roadmap");
    assert.equal(await done("Sprint 1"), "0%");
  });

  await step("a child is started, and its time entered beside a comment", async () => {
    await robin.page.goto("/class/ticket/2");
    await press("Take and start", robin.page, "doing");
    await robin.page.fill("[name=comment]", "Six of twelve are done.");
    await his.unfold("Time worked");
    await robin.page.fill("[name=time]", "a while");
    assert.equal(await his.sent(his.button("Submit").last()), 422);
    assert.equal(await robin.page.inputValue("[name=comment]"), "Six of twelve are done.");
    assert.equal(await robin.page.inputValue("[name=time]"), "a while", "the typed time is kept");
    await robin.look("sprint-time-refused");
    await robin.page.fill("[name=time]", "1h30m");
    await robin.page.fill("[name=time_remark]", "Sawing");
    await his.button("Submit").last().click();
    await his.comment(2).waitFor();
    await his.says("Six of twelve are done.", his.comment(2));
    const box = robin.page.locator(".time-box");
    await his.says("1h 30m worked", box);
    await his.says("2h estimated", box);
    await robin.look("sprint-part");
    await his.link(/its entries$/, box).click();
    await his.says("Sawing");
    await robin.look("sprint-time");
  });

  await step("it is handed over, looked at by another, and done", async () => {
    await robin.page.goto("/class/ticket/2");
    await press("Hand over for review", robin.page, "review");
    await page.goto("/class/ticket/2");
    await press("Done", page, "done");
    const ticket = await hers.json("/class/ticket/2?format=json");
    assert.equal(ticket.status, "done");
    assert.equal(ticket.owner, "robin", "whose card it was stays");
  });

  await step("the parent knows how far its children are, and how long they took", async () => {
    await page.goto("/class/ticket/1");
    await hers.says("1 of 4 closed", relations);
    assert.equal(await relations.locator(".progress-percent").innerText(), "25%");
    assert.equal(await relations.locator("a.closed").count(), 1);
    await hers.says("1h 30m worked", page.locator(".time-box"));
    await kim.look("sprint-whole");
  });

  await step("the bar of the roadmap has moved", async () => {
    await page.goto("/class/roadmap");
    assert.equal(await done("Sprint 1"), "20%");
    await kim.look("sprint-roadmap");
  });

  await step("a reminder is due in the list, and then done", async () => {
    await page.goto("/class/ticket/3");
    await hers.unfold("Remind");
    await page.fill("details.more [name=due]", today);
    await page.fill("details.more [name=text]", "Is the paint dry?");
    await hers.button("Remind").click();
    await hers.says("Is the paint dry?", page.locator("#reminders"));
    await page.goto("/class/query");
    await hers.link("1 reminder is due").click();
    await page.waitForURL(/\/reminders/);
    await hers.says("#3 Paint the roof");
    await kim.look("sprint-reminders");
    await hers.button(/^Done\s*: Is the paint dry\?$/).click();
    await hers.says("There is nothing to be reminded of");
    await robin.page.goto("/class/reminders");
    await his.saysNot("Is the paint dry?");
  });

  await step("the board: by state, with the group's own field", async () => {
    await page.goto("/class/query?group=status&col=id&col=summary&col=effort&col=owner&order=id");
    assert.equal(await page.locator("tbody.group").count(), 2);
    await hers.says("small", page.locator("table.tickets"));
    await kim.look("sprint-board");
    await page.goto("/class/query?effort=large");
    assert.equal(await page.locator("table.tickets tbody tr").count(), 1, "the own field is asked for");
  });

  const moves = async () => {
    await page.goto("/class/query?status=!done&milestone=Sprint+1&order=id");
    await hers.link("Change all of them at once").click();
    await page.locator("form.batch").waitFor();
    const sprint = page.locator(".batch-field").filter({ has: page.locator("[name=set_milestone]") });
    await sprint.locator("[name=set_milestone]").check();
    await sprint.locator("select").selectOption("Sprint 2");
    await page.fill("form.batch [name=comment]", "Not this time.");
  };

  await step("what is left goes on into the next sprint, after a preview", async () => {
    await moves();
    await kim.look("sprint-batch");
    await hers.button("Preview").last().click();
    await hers.says("4 change.");
    await kim.look("sprint-batch-preview");
    assert.equal((await hers.json("/class/ticket/3?format=json")).milestone, "Sprint 1", "a preview changes nothing");
    await hers.button("Change them").click();
    await hers.says("4 tickets changed");
    await kim.look("sprint-batch-done");
    await page.goto("/class/roadmap");
    assert.equal(await done("Sprint 1"), "100%");
    assert.equal(await done("Sprint 2"), "0%");
    await page.goBack();
  });

  await step("all of it is taken back in one go, and done again", async () => {
    await hers.button("Take it back").click();
    await page.waitForURL(/\/query/);
    await hers.says("4 tickets are as they were before.", page.locator("body"));
    await page.goto("/class/roadmap");
    assert.equal(await done("Sprint 1"), "20%");
    await moves();
    await hers.button("Change them").click();
    await hers.says("4 tickets changed");
    await page.goto("/class/ticket/4");
    await hers.says("Sprint 2", page.locator("dl.properties"));
    await hers.says("Not this time.", page.locator(".conversation"));
  });

  await step("the roadmap that stood open moves with the next card", async () => {
    await page.goto("/class/roadmap");
    assert.equal(await done("Sprint 2"), "0%");
    site.command("--as", "robin", "ticket", "change", "class", "5", "--action", "resolve");
    if (!scripts) await page.reload();
    await until(10_000, async () => (await done("Sprint 2")) === "25%", () => "the bar does not move");
    await kim.look("sprint-end");
  });
}
