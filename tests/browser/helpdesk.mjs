// A morning at a help desk: a ticket comes in, is taken out of the list, answered, talked about among agents without its
// customer, waits for another one, is resolved, and takes in a duplicate. The customer sees what is meant for customers.
import { strict as assert } from "node:assert";
import { hands, password } from "./hands.mjs";
import { until } from "./site.mjs";

const secret = "Their contract ended in May";

export async function helpdesk({ site, person, step, scripts }) {
  for (const [login, name] of [["kim", "Kim Haller"], ["robin", "Robin Ahrens"], ["lee", "Lee Okafor"]]) {
    site.command("user", "add", login, "--full-name", name, "--password-stdin", { input: password });
  }
  site.command("project", "create", "desk", "--title", "Help desk");
  site.command("group", "create", "agents");
  site.command("group", "add", "agents", "kim", "robin");
  site.command("permission", "revoke", "desk", "members", "TICKET_MODIFY");
  site.command("permission", "grant", "desk", "members", "TICKET_APPEND");
  site.command("permission", "grant", "desk", "agents", "TICKET_MODIFY", "TICKET_NOTES");
  site.command("permission", "grant", "desk", "lee", "members");
  site.command("component", "create", "desk", "Help desk", "--default");
  site.command("workflow", "set", "desk", "--shipped", "rt", "--name", "support");
  site.command("workflow", "assign", "desk", "support", "--component", "Help desk");
  site.command("reply", "create", "desk", "Thanks", "--text", "Thank you, $reporter. We look into “$summary”.");

  const [kim, robin, lee] = [await person(), await person(), await person()];
  const [agent, other, customer] = [kim, robin, lee].map((one) => hands(one.page));
  const { page } = kim;
  const state = page.locator(".ticket-state");
  const row = (number) => page.locator("table.tickets tbody tr").filter({ has: page.locator(".col-id a", { hasText: new RegExp(`^#${number}$`) }) });

  await step("two agents and a customer sign in", async () => {
    await agent.signIn("kim");
    await other.signIn("robin");
    await customer.signIn("lee");
  });

  await step("the customer files a ticket and sees no more than customers do", async () => {
    await lee.page.goto("/desk/newticket");
    await lee.page.fill("[name=field_summary]", "The printer in room 12 is dead");
    await lee.page.fill("[name=field_description]", "Its lamp is off since **this morning**.");
    await customer.button("Create the ticket").click();
    await lee.page.waitForURL(/\/ticket\/1$/);
    await customer.says("new", lee.page.locator(".ticket-state"));
    assert.equal(await customer.button("Take").count(), 0, "a customer takes no tickets");
    assert.equal(await customer.box("Internal note").count(), 0, "a customer writes no notes");
    site.command("--as", "lee", "ticket", "new", "desk", "--summary", "Nothing comes out of the printer");
    site.command("--as", "lee", "ticket", "comment", "desk", "2", "I pressed every button.");
    site.command("--as", "robin", "ticket", "new", "desk", "--summary", "Order a fuser");
  });

  await step("an agent takes it out of the list with one click", async () => {
    await page.goto("/desk/query?status=!closed&order=id");
    await agent.link(/^With actions/).click();
    await page.waitForURL(/verbs=1/);
    await kim.look("helpdesk-list");
    await agent.button("Take #1").click();
    await agent.button("Untake #1").waitFor();
    assert.match(page.url(), /\/query\?.*verbs=1/, "the list is there again");
    assert.equal((await agent.json("/desk/ticket/1?format=json")).owner, "kim");
    assert.equal(await agent.button("Take #2").count(), 1);
  });

  await step("it is answered with a canned reply, and opened by that", async () => {
    await row(1).locator(".col-summary a").first().click();
    await page.waitForURL(/\/ticket\/1/);
    await page.selectOption("[name=canned]", { label: "Thanks" });
    await agent.button("Put in").click();
    const area = page.locator("[name=comment]");
    await until(8_000, async () => (await area.inputValue()).includes("“The printer in room 12 is dead”"), () => "the reply is not put in");
    await main(page).getByRole("radio", { name: "open it", exact: true }).check();
    await agent.button("Submit").last().click();
    await agent.comment(2).waitFor();
    await agent.says("We look into", agent.comment(2));
    await agent.says("open", state);
  });

  let before;
  await step("an internal note is there for agents", async () => {
    before = await customer.json("/desk/ticket/1?format=json");
    await lee.page.goto("/desk/ticket/1");
    await customer.says("We look into");
    await page.fill("[name=comment]", `${secret}, @robin.`);
    await agent.box("Internal note").check();
    await agent.button("Submit").last().click();
    const note = page.locator('[id="note:1"]');
    await note.waitFor();
    await agent.says("Internal note", note);
    await kim.look("helpdesk-note");
    await robin.page.goto("/desk/ticket/1");
    await other.says(secret);
  });

  await step("and nowhere for the customer", async () => {
    // A page that stood open has had its time to hear of it.
    if (scripts) await lee.page.waitForTimeout(1_500);
    assert(!(await lee.page.content()).includes("contract"), "the open page has it");
    assert.equal(before.comments.length, 2);
    assert.deepEqual(await customer.json("/desk/ticket/1?format=json"), before);
    for (const place of ["ticket/1", "ticket/1?action=history", "query?order=changetime", "timeline?ticket=on&ticket_details=on", "search?q=contract&noquickjump=1"]) {
      await lee.page.goto(`/desk/${place}`);
      const source = await lee.page.content();
      for (const trace of [secret, "Internal note", "note:1", "note 1"]) assert(!source.includes(trace), `"${trace}" is in ${place}`);
    }
    await lee.page.goto("/desk/ticket/1");
    await lee.look("helpdesk-customer");
  });

  await step("the ticket waits for another one", async () => {
    await page.goto("/desk/ticket/1");
    await agent.unfold("Relate to another ticket");
    await page.selectOption("[name=relation]", "depends_on");
    await page.fill("form.relate [name=ticket]", "4711");
    assert.equal(await agent.sent(agent.button("Add")), 422);
    assert.equal(await page.inputValue("form.relate [name=ticket]"), "4711", "the typed number is kept");
    await kim.look("helpdesk-relation-refused");
    await page.fill("form.relate [name=ticket]", "#3");
    await agent.button("Add").click();
    await agent.link("waiting for #3", state).waitFor();
    await agent.says("Depends on #3 Order a fuser", page.locator("section.relations"));
    await page.goto("/desk/query?status=!closed&order=id");
    await agent.says("waiting for #3", row(1));
    await kim.look("helpdesk-waiting");
    await agent.link("waiting for #3", row(1)).click();
    await page.waitForURL(/\/ticket\/3/);
    await agent.says("Blocks #1 The printer in room 12 is dead", page.locator("section.relations"));
  });

  await step("who resolves it too early is told what it waits for", async () => {
    await page.goto("/desk/ticket/1");
    assert.equal(await agent.sent(agent.button("Resolve")), 422);
    await agent.says("This ticket depends on #3, which is open", page.locator("ul.problems").first());
    assert.equal(await agent.box("Close it anyway, with open dependencies").isChecked(), false);
    assert(await main(page).getByRole("radio", { name: "resolve", exact: true }).isChecked(), "what was wanted is kept");
    await kim.look("helpdesk-too-early");
    assert.equal((await agent.json("/desk/ticket/1?format=json")).status, "open");
  });

  await step("the other one is resolved, and then it", async () => {
    await robin.page.goto("/desk/ticket/3");
    await other.button("Take").click();
    await other.comment(1).waitFor();
    await other.button("Resolve").click();
    await until(8_000, async () => (await robin.page.locator(".ticket-state").innerText()).includes("resolved"), () => "the other one is not resolved");
    await page.goto("/desk/ticket/1");
    await agent.saysNot("waiting for", state);
    assert.equal(await page.locator("section.relations a.closed").count(), 1, "the other one is struck through");
    assert.equal(await agent.sent(agent.button("Resolve")), 303);
    await agent.says("resolved", state);
    await lee.page.goto("/desk/ticket/1");
    await customer.says("resolved", lee.page.locator(".ticket-state"));
  });

  await step("a duplicate is merged, after a look at both", async () => {
    await page.goto("/desk/ticket/2");
    await agent.unfold("Relate to another ticket");
    await agent.link("Merge it into that ticket").click();
    await page.waitForURL(/\/ticket\/2\/merge/);
    await page.fill("main [name=into]", "2");
    await agent.button("Go on").click();
    await page.locator("ul.problems li").first().waitFor();
    await page.fill("main [name=into]", "#1");
    await agent.button("Go on").click();
    await page.locator(".merge-both").waitFor();
    await agent.says("Nothing comes out of the printer", page.locator(".merge-both"));
    await agent.says("The printer in room 12 is dead", page.locator(".merge-both"));
    await kim.look("helpdesk-merge");
    await agent.button("Merge #2 into #1").click();
    await page.waitForURL(/\/ticket\/1/);
    await agent.says("Merged #2 Nothing comes out of the printer", page.locator("section.relations"));
    await agent.says("I pressed every button.", page.locator(".conversation"));
    await kim.look("helpdesk-merged");
    await page.goto("/desk/query?order=id");
    assert.equal(await row(2).count(), 0, "it is in no list any more");
  });

  await step("its old address leads to where it lives on", async () => {
    for (const [hand, of] of [[agent, page], [customer, lee.page]]) {
      await of.goto("/desk/ticket/2");
      assert.match(of.url(), /\/desk\/ticket\/1\?merged=2/);
      await hand.says("#2 Nothing comes out of the printer was merged into this ticket");
      await hand.says("I pressed every button.", of.locator(".conversation"));
    }
    await customer.saysNot(secret);
    await customer.link("Show it as it was").click();
    await lee.page.waitForURL(/\/ticket\/2\?merged=show/);
    await customer.says("lives on there");
    await lee.look("helpdesk-as-it-was");
  });

  await step("the other agent watches it and keeps it at hand", async () => {
    await robin.page.goto("/desk/ticket/1");
    await other.button("Watch").click();
    await other.button("Unwatch").waitFor();
    const star = () => robin.page.locator("form.star button");
    await star().click();
    await until(8_000, async () => (await star().getAttribute("aria-pressed")) === "true", () => "the star is not set");
    await robin.page.goto("/desk/bookmarks");
    await other.says("#1 The printer in room 12 is dead");
    await robin.look("helpdesk-bookmarks");
    await robin.page.goto("/desk/query?cc=~robin&order=id");
    assert.equal(await robin.page.locator("table.tickets tbody tr").count(), 1, "what is watched is found");
  });

  await step("a change by mistake is taken back", async () => {
    await page.goto("/desk/ticket/1");
    const usual = (await agent.json("/desk/ticket/1?format=json")).priority;
    await page.locator("details[data-properties] > summary").click();
    await page.selectOption("[name=field_priority]", "blocker");
    await agent.button("Submit").last().click();
    await agent.button(/^Take back comment/).waitFor();
    await agent.says("blocker", page.locator("dl.properties"));
    await kim.look("helpdesk-undo");
    await agent.button(/^Take back comment/).click();
    await until(8_000, async () => (await agent.json("/desk/ticket/1?format=json")).priority === usual, () => "it is not taken back");
    await agent.says("Taken back", page.locator("body"));
    await agent.says(usual, page.locator("dl.properties"));
    await kim.look("helpdesk-ticket");
  });
}

const main = (page) => page.locator("main");
