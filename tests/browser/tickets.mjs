// The story of a ticket: filed, taken, discussed, resolved, found again; and of what surrounds it: milestones, lists,
// timeline, administration. With scripts the ticket is worked on by the keyboard alone, without them by plain clicks.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";
const gate = "The gate squeaks when nobody moves it";

const description = `It squeaks **at night**, seen in the \`north\` corner.

1. Stand still.
2. Listen.

> [!WARNING]
> Wear boots.

| hour | squeaks |
|------|---------|
| 23   | 4       |

See #2, [[WikiStart]] and milestone:Spring.`;

const long = "Antidisestablishmentarianism_in_one_very_long_word_without_any_place_to_break_it_anywhere_at_all_which_must_not_push_the_page_wide";

export async function tickets({ site, person, step, scripts, phone }) {
  site.command("user", "add", "ada", "--admin", "--full-name", "Ada Long-Fellow", "--password-stdin", { input: password });
  site.command("user", "add", "kim", "--password-stdin", { input: password });
  site.command("permission", "grant", "main", "kim", "members");

  const ada = await person();
  const kim = await person();
  const { page } = ada;
  const main = page.locator("main");

  const says = async (words, where = main) => {
    const seen = (await where.innerText()).replace(/\s+/g, " ");
    assert(seen.includes(words), `"${words}" is not on ${page.url()}:\n${seen.slice(0, 900)}`);
  };
  const heading = (of = page) => of.locator("main h1").first().innerText();
  const button = (name, of = page) => of.locator("main").getByRole("button", { name, exact: true });
  const link = (name, of = page) => of.locator("main").getByRole("link", { name, exact: true });
  const tab = (name, of = page) => of.locator("main nav.tabs").getByRole("link", { name, exact: true });
  const comment = (number, of = page) => of.locator(`[id="comment:${number}"]`);
  /** Clicks, and gives the status of the page that answers. */
  const sent = async (target, of = page) => {
    const isAnswer = (response) => response.request().method() === "POST" && response.request().isNavigationRequest();
    const [answer] = await Promise.all([of.waitForResponse(isAnswer), target.click()]);
    await of.waitForLoadState();
    return answer.status();
  };
  /** Presses Tab until what has the focus is called so. */
  const tabTo = async (name) => {
    const passed = [];
    for (let left = 90; left > 0; left -= 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        const label = element.labels?.[0] ?? element;
        return label.textContent.trim() || element.name || "";
      });
      if (name instanceof RegExp ? name.test(at) : at === name) return;
      passed.push(at.slice(0, 24));
    }
    throw new Error(`Tab does not get to ${name} on ${page.url()}: ${passed.join(", ")}`);
  };
  /** Keys that lead to another page. */
  const goWith = async (...keys) => {
    const before = page.url();
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForURL((address) => address.href !== before);
    await page.waitForLoadState();
  };

  for (const one of [ada, kim]) {
    await one.page.goto("/-/login");
    await one.page.fill("[name=user]", one === ada ? "ada" : "kim");
    await one.page.fill("[name=password]", password);
    await button("Sign in", one.page).click();
    await one.page.locator("details.menu summary").waitFor();
  }

  await step("empty places say what to do next", async () => {
    for (const [place, words] of [["query", "There are no tickets yet"], ["roadmap", "There is no milestone yet"]]) {
      await page.goto(`/main/${place}`);
      await says(words).catch(() => says("No ticket is like that"));
      await ada.look(`${place}-empty`);
    }
  });

  await step("administration: a component with its owner", async () => {
    await page.goto("/main/admin");
    await ada.look("admin");
    await page.goto("/main/admin/ticket/components");
    await ada.look("admin-components-empty");
    await page.fill("section [name=name]", "fences");
    await page.fill("section [name=owner]", "nobody-of-that-name");
    assert.equal(await sent(button("Add")), 422);
    assert.equal(await page.inputValue("section [name=name]"), "fences", "the typed name is kept");
    await ada.look("admin-components-refused");
    await page.fill("section [name=owner]", "kim");
    await button("Add").click();
    await main.locator("table.options summary").filter({ hasText: "fences" }).waitFor();
    await page.fill("section [name=name]", `paths & ${long.slice(0, 60)}`);
    await page.fill("section [name=description]", "Everything that is *walked* upon <b>here</b>");
    await button("Add").click();
    await main.locator("table.options summary").filter({ hasText: "paths &" }).click();
    await ada.look("admin-components");
  });

  await step("administration: priorities change their order", async () => {
    await page.goto("/main/admin/ticket/priorities");
    const order = () => main.locator("table.options summary bdi").allInnerTexts();
    const before = await order();
    await button(`${before[1]} up`).click();
    await until(5_000, async () => (await order())[0] === before[1], () => "the second did not become the first");
    await ada.look("admin-priorities");
    await button(`${before[1]} down`).click();
    await until(5_000, async () => (await order())[0] === before[0], () => "it did not go down again");
  });

  await step("administration: a workflow is looked at before it is saved", async () => {
    await page.goto("/main/admin/ticket/workflow");
    await ada.look("admin-workflow");
    const definition = await page.inputValue("[name=definition]");
    await page.fill("[name=definition]", `${definition}\nthis line says nothing\n`);
    await button("Check").click();
    await page.locator("main .note").first().waitFor();
    await ada.look("admin-workflow-preview");
    for (const kind of ["types", "versions", "milestones"]) {
      await page.goto(`/main/admin/ticket/${kind}`);
      await ada.look(`admin-${kind}`);
    }
  });

  await step("a milestone is made", async () => {
    await page.goto("/main/roadmap");
    await tab("New milestone").click();
    await ada.look("milestone-new");
    await page.fill("[name=name]", "Spring");
    await page.fill("[name=duedate]", "2031-03-20");
    await page.fill("[name=description]", "When the **snow** has gone.\n\nSee [[WikiStart]].");
    if (!scripts) {
      await button("Preview").click();
      await says("When the snow has gone", page.locator("[data-preview-pane]"));
      await ada.look("milestone-preview");
    }
    await button("Create the milestone").click();
    await page.waitForURL(/\/milestone\/Spring$/);
    assert.equal(await heading(), "Spring");
    await ada.look("milestone-empty");
    site.command("milestone", "create", "main", "Summer", "--due", "2031-06-21");
    site.command("milestone", "create", "main", `Some day & ${long.slice(0, 50)}`);
  });

  if (scripts) {
    await step("by keys alone: a ticket is filed", async () => {
      await page.goto("/main/wiki");
      await goWith("c");
      await page.waitForFunction(() => document.activeElement.name === "field_summary");
      await ada.look("ticket-new");
      await page.keyboard.type(gate);
      await tabTo("Description");
      await page.keyboard.type(description.slice(0, 60));
      await page.locator("[data-preview-pane] strong").first().waitFor();
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(description);
      await tabTo(/^Milestone/);
      await page.keyboard.type("Spr");
      await tabTo(/^Component/);
      await page.keyboard.type("fen");
      await goWith("Control+Enter");
      assert.match(page.url(), /\/ticket\/1$/);
      assert.match(await heading(), /^#1 The gate squeaks/);
      await says("Spring");
    });

    await step("by keys alone: it is taken from the owner of its component with one press", async () => {
      await tabTo("Steal");
      await page.keyboard.press("Enter");
      await comment(1).waitFor();
      await says("accepted", page.locator(".ticket-state"));
      await says("Ada Long-Fellow", comment(1));
    });

    await step("by keys alone: a comment", async () => {
      // A key that comes before the scripts is nobody's.
      await page.waitForLoadState();
      await page.keyboard.press("e");
      await page.waitForFunction(() => document.activeElement.name === "comment");
      await page.keyboard.type("I heard it too, see #1 and @kim.");
      await until(5_000, () => page.locator("[data-preview-pane] a").first().isVisible(), () => "no preview of the comment");
      await ada.look("ticket-preview");
      await page.keyboard.press("Control+Enter");
      await comment(2).waitFor();
      await says("I heard it too", comment(2));
      await page.locator("#conversation").waitFor();
    });
  } else {
    await step("a ticket is refused with everything kept, previewed and filed", async () => {
      await page.goto("/main/wiki");
      await page.goto("/main/query");
      await tab("New ticket").click();
      await ada.look("ticket-new");
      await page.fill("[name=field_description]", description);
      await page.selectOption("[name=field_milestone]", "Spring");
      await page.selectOption("[name=field_component]", "fences");
      await button("Preview").click();
      await page.locator("ul.problems li").first().waitFor();
      await says("at night", page.locator("[data-preview-pane]"));
      assert.equal(await page.inputValue("[name=field_description]"), description);
      await ada.look("ticket-new-preview");
      await page.fill("[name=field_summary]", gate);
      await button("Create the ticket").last().click();
      await page.waitForURL(/\/ticket\/1$/);
      assert.match(await heading(), /^#1 The gate squeaks/);
      await says("Spring");
    });

    await step("it is taken from the owner of its component with one click", async () => {
      await button("Steal").click();
      await comment(1).waitFor();
      await says("accepted", page.locator(".ticket-state"));
    });

    await step("a comment is previewed with what it changes", async () => {
      await page.fill("[name=comment]", "I heard it too, see #1 and @kim.");
      await page.locator("details[data-properties] > summary").click();
      await page.selectOption("[name=field_priority]", "critical");
      await page.fill("[name=field_keywords]", "night gate");
      await button("Preview").click();
      const pane = page.locator("[data-preview-pane]");
      await says("I heard it too", pane);
      await says("critical", pane);
      assert.equal(await page.inputValue("[name=comment]"), "I heard it too, see #1 and @kim.");
      await ada.look("ticket-preview");
      await page.getByRole("button", { name: /^take back\s*: Keywords$/ }).click();
      assert(!(await pane.innerText()).includes("night"), "the pending keywords are taken back");
      await button("Submit").last().click();
      await comment(2).waitFor();
      await says("critical", comment(2));
      await page.locator("details[data-properties] > summary").waitFor();
    });
  }

  await step("another person replies, and mends the reply", async () => {
    await kim.page.goto("/main/ticket/1");
    await kim.page.getByRole("link", { name: "Reply to comment 2" }).click();
    const quoted = await kim.page.inputValue("[name=comment]");
    assert.match(quoted, /^> /m);
    await kim.look("ticket-reply");
    await kim.page.fill("[name=comment]", `${quoted}\nMe too. ${long}`);
    await button("Submit", kim.page).last().click();
    await comment(3, kim.page).waitFor();
    await says("in reply to comment 2", comment(3, kim.page));
    await says("comment 3", comment(2, kim.page));
    await kim.page.getByRole("link", { name: "Edit comment 3" }).click();
    await kim.look("comment-edit");
    await kim.page.fill("[name=edited_comment]", "Me too, **twice**.");
    if (!scripts) {
      await button("Preview", kim.page).click();
      assert.equal(await kim.page.locator("[data-preview-pane] strong").innerText(), "twice");
      await kim.look("comment-edit-preview");
    }
    await button("Save", kim.page).click();
    await kim.page.waitForURL(/\/ticket\/1(\?.*)?#comment:3$/);
    await says("twice", comment(3, kim.page));
    await kim.page.getByRole("link", { name: "history of comment 3" }).click();
    await says("Me too.", kim.page.locator("main"));
    await kim.look("comment-history");
    await kim.page.getByRole("link", { name: /^Difference of version/ }).first().click();
    await kim.look("comment-diff");
  });

  await step("two people at once on one field: both values are shown and one is chosen", async () => {
    await kim.page.goto("/main/ticket/1");
    site.command("--as", "ada", "ticket", "change", "main", "1", "--set", "priority=minor");
    const fold = kim.page.locator("details[data-properties]");
    if ((await fold.getAttribute("open")) === null) await fold.locator("> summary").click();
    await kim.page.selectOption("[name=field_priority]", "blocker");
    await kim.page.fill("[name=comment]", "This is urgent.");
    assert.equal(await sent(button("Submit", kim.page).last(), kim.page), 409);
    const shown = await kim.page.locator(".conflict").innerText();
    assert(shown.includes("minor") && shown.includes("blocker"), `both values are shown:\n${shown}`);
    assert.equal(await kim.page.inputValue("[name=comment]"), "This is urgent.");
    await kim.look("ticket-conflict");
    await kim.page.locator("[name=keep_priority][value=yours]").check();
    await button("Submit", kim.page).last().click();
    await comment(5, kim.page).waitFor();
    await says("blocker", comment(5, kim.page));
    await says("This is urgent.", comment(5, kim.page));
  });

  await step("two people at once on two fields: both stand", async () => {
    await kim.page.goto("/main/ticket/1");
    site.command("--as", "ada", "ticket", "change", "main", "1", "--set", "keywords=night");
    await kim.page.locator("details[data-properties] > summary").click();
    await kim.page.selectOption("[name=field_type]", "enhancement");
    await button("Submit", kim.page).last().click();
    await comment(7, kim.page).waitFor();
    await says("night", kim.page.locator("dl.properties"));
    await says("enhancement", kim.page.locator(".ticket-state"));
  });

  await step("a form attaches a file", async () => {
    await page.goto("/main/ticket/1");
    await page.setInputFiles("form.attach [name=attachment]", { name: "a sound & more.txt", mimeType: "text/plain", buffer: Buffer.from("squeak\n") });
    await Promise.all([page.waitForURL(/ticket\/1#attachments$/), button("Attach").click()]);
    await until(5_000, async () => (await page.getByRole("link", { name: "a sound & more.txt" }).count()) > 0, () => "the file is not there");
    await page.goto("/main/ticket/1");
    await says("a sound & more.txt", page.locator("ul.files"));
    await says("a sound & more.txt", page.locator(".conversation"));
    await tab("Attach").click();
    await ada.look("ticket-attachments");
  });

  if (scripts) {
    /** Files as the browser hands them to a page. */
    const files = (name) => page.evaluateHandle(({ bytes, name }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
      return transfer;
    }, { bytes: [...pixel], name });

    await step("a pasted picture is attached and stands in the comment", async () => {
      await page.goto("/main/ticket/1");
      const area = page.locator("[name=comment]");
      await area.focus();
      await page.keyboard.type("Look:");
      await area.evaluate((element, clipboardData) => element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true })), await files("image.png"));
      await until(5_000, async () => /pasted-.*\.png/.test(await area.inputValue()), () => "the comment does not name the picture");
      await page.keyboard.press("Control+Enter");
      await comment(8).waitFor();
      const image = comment(8).locator("img");
      assert(await image.evaluate((found) => found.decode().then(() => found.naturalWidth > 0)), "the picture is shown");
    });

    await step("a dropped file is attached", async () => {
      // Built together with what takes files.
      await page.locator("[data-toolbar] button").first().waitFor();
      const area = page.locator("[name=comment]");
      const dropped = await files("gate.png");
      await area.dispatchEvent("dragover", { dataTransfer: dropped });
      await area.dispatchEvent("drop", { dataTransfer: dropped });
      await until(5_000, async () => (await area.inputValue()).includes("gate.png"), () => "the comment does not name the file");
      await area.fill("");
      const form = page.locator("form.attach");
      const other = await files("by itself.png");
      await form.dispatchEvent("dragover", { dataTransfer: other });
      // News may list it before the page that tells of it has come.
      await Promise.all([page.waitForURL(/ticket\/1#attachments$/), form.dispatchEvent("drop", { dataTransfer: other })]);
      await until(5_000, async () => (await main.innerText()).includes("by itself.png"), () => "the dropped file is not listed");
    });
  }

  await step("the ticket as a whole", async () => {
    await page.goto("/main/ticket/1");
    await page.locator(".text pre, .text table").first().waitFor();
    await ada.look("ticket");
  });

  await step("history, difference, and the ticket as it was", async () => {
    await page.goto("/main/ticket/1");
    await page.locator("details[data-properties] > summary").click();
    await page.locator("details[data-properties] details > summary").filter({ hasText: "Change the description" }).click();
    await page.fill("[name=field_description]", description.replace("at night", "at night and at noon"));
    await button("Submit").last().click();
    await page.getByText("see the difference").first().waitFor();
    await page.goto("/main/ticket/1?action=history");
    await ada.look("ticket-history");
    await page.goto("/main/ticket/1?action=history&field=description");
    await button("Compare the two chosen").click();
    await says("at noon");
    await ada.look("ticket-diff");
    await page.goto("/main/ticket/1?version=4");
    await says("minor");
    await ada.look("ticket-old");
  });

  for (const [summary, set] of [
    ["Hinges want oil", ["milestone=Spring", "priority=trivial", "component=fences"]],
    [`A path of ${long}`, ["milestone=Spring", "owner=kim", "type=task"]],
    ["<b>Nobody</b> waters & weeds [[the beds]]", ["keywords=water", "cc=kim"]],
  ]) {
    site.command("--as", "kim", "ticket", "new", "main", "--summary", summary, ...set.flatMap((one) => ["--set", one]));
  }

  await step(scripts ? "by keys alone: it is resolved with one press" : "it is resolved with one click", async () => {
    await page.goto("/main/ticket/1");
    if (scripts) {
      await tabTo(/^Resolve as/);
      await page.keyboard.press("Enter");
    } else {
      await page.locator(".quick").getByRole("button", { name: /^Resolve as/ }).click();
    }
    await until(5_000, async () => (await page.locator(".ticket-state").innerText()).includes("closed"), () => "it is not closed");
    await says("closed as fixed", page.locator(".ticket-state"));
    await ada.look("ticket-closed");
  });

  await step(scripts ? "by keys alone: it is found again by searching" : "it is found again by searching", async () => {
    if (scripts) {
      await page.goto("/main/wiki");
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement.id === "find");
      await page.keyboard.type("squeaking");
      await goWith("Enter");
    } else {
      await page.goto("/main/search?q=squeaking");
    }
    await until(5_000, async () => {
      if ((await page.locator(".hits li a.closed").count()) > 0) return true;
      await page.reload();
      return false;
    }, () => "the ticket is not found, or not shown as closed");
    await page.goto("/main/search?q=gate");
    await ada.look("search-tickets");
    if (scripts) {
      await page.keyboard.press("j");
      await goWith("Enter");
      assert.match(page.url(), /\/ticket\/1/);
      await page.goto("/main/wiki");
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement.id === "find");
      await page.keyboard.type("#1");
      await goWith("Enter");
      assert.match(page.url(), /\/ticket\/1/, "a number leads to its ticket");
    }
  });

  await step(scripts ? "by keys alone: the list, and from ticket to ticket" : "the list, and from ticket to ticket", async () => {
    if (scripts) {
      await page.goto("/main/wiki");
      await goWith("g", "t");
      assert.match(page.url(), /\/query/);
    }
    await page.goto("/main/query?order=id&col=id&col=summary&col=status&col=owner&col=priority&col=milestone");
    const row = page.locator("table.tickets tr.is-closed");
    await says(gate, row);
    assert.match(await row.locator(".col-summary a").evaluate((found) => getComputedStyle(found).textDecorationLine), /line-through/);
    await ada.look("query");
    if (scripts) {
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      await page.keyboard.press("j");
      await goWith("Enter");
    } else {
      await page.locator("table.tickets td.col-summary a").nth(1).click();
    }
    await page.waitForURL(/\/ticket\/2/);
    await says("2 of 4", page.locator("nav.walk"));
    await ada.look("ticket-of-list");
    if (scripts) await goWith("n");
    else await page.locator("nav.walk a[rel=next]").click();
    await page.waitForURL(/\/ticket\/3/);
    await page.waitForLoadState();
    await ada.look("ticket-long-words");
    if (scripts) await goWith("p");
    else await page.locator("nav.walk a[rel=prev]").click();
    await page.waitForURL(/\/ticket\/2/);
    await page.locator("nav.walk").getByRole("link", { name: /Query|tickets/i }).click();
    await page.waitForURL(/\/query\?.*order=id/);
  });

  await step("filters: one more, another group with or, one less", async () => {
    await page.goto("/main/query?status=!closed");
    const filters = page.locator("details.filters");
    const unfold = async () => {
      if ((await filters.getAttribute("open")) === null) await filters.locator("> summary").click();
    };
    const count = async () => Number(await page.locator("main h1 .figures").innerText());
    assert.equal(await count(), 3);
    await unfold();
    await page.selectOption("[name=add_filter_0]", "summary");
    await page.locator("[name=add_0]").click();
    await page.locator("[name='0_summary']").fill("hinges");
    await page.selectOption("[name='0_summary_mode']", "~");
    await page.locator(".query-foot button.main").click();
    await until(5_000, async () => (await count()) === 1, () => "the filter leaves not one ticket");
    await unfold();
    await page.selectOption("[name=add_filter_1]", "keywords");
    await page.locator("[name=add_1]").click();
    await page.locator("[name='1_keywords']").fill("water");
    await page.selectOption("[name='1_keywords_mode']", "~");
    await page.locator(".query-foot button.main").click();
    await until(5_000, async () => (await count()) === 2, () => "or adds no ticket");
    await unfold();
    await ada.look("query-filters");
    await page.locator("[name^=rm_filter_0_summary]").click();
    await until(5_000, async () => (await count()) === 3, () => "removing a filter does not widen the list");
    await unfold();
    await page.selectOption("[name=group]", "milestone");
    await page.selectOption("[name=order]", "summary");
    await page.locator(".query-foot button.main").click();
    await page.waitForURL(/group=milestone/);
    assert.equal(await page.locator("tbody.group").count(), 2);
    await ada.look("query-grouped");
    if (!phone) {
      await page.locator("th.col-summary a").click();
      await page.waitForURL(/desc=1/);
    }
    await page.goto("/main/query?milestone=Spring&time=yesterday..&order=priority&row=description&nonsense=1");
    await page.locator("ul.problems li, .note").first().waitFor();
    await ada.look("query-refused");
  });

  await step("the roadmap counts what is done", async () => {
    await page.goto("/main/roadmap");
    await says("33%");
    await ada.look("roadmap");
    await page.getByRole("link", { name: "Spring", exact: true }).first().click();
    await ada.look("milestone");
    await page.locator("main").getByRole("link", { name: /2 (open|active)/i }).first().click();
    await page.waitForURL(/\/query\?/);
    assert.equal(await page.locator("table.tickets tbody tr").count(), 2, "the number leads to the very tickets");
  });

  await step("a milestone is completed, its open tickets go on", async () => {
    await page.goto("/main/milestone/Spring?action=edit");
    await page.locator("[name=completed]").check();
    await page.selectOption("[name=target]", "Summer");
    await ada.look("milestone-edit");
    await button("Save").last().click();
    await page.waitForURL(/\/milestone\/Spring$/);
    await says("100%");
    await ada.look("milestone-completed");
    await page.goto("/main/roadmap");
    assert.equal(await page.getByRole("link", { name: "Spring", exact: true }).count(), 0, "a completed one is not planned");
    await page.goto("/main/ticket/2");
    await says("Summer", page.locator("dl.properties"));
    await page.goto("/main/milestone/Summer?action=delete");
    await ada.look("milestone-delete");
    await button("Delete").click();
    await page.waitForURL(/\/roadmap/);
    await page.goto("/main/admin/ticket/milestones");
    await ada.look("admin-milestones-some");
  });

  await step("the timeline tells it all", async () => {
    await page.goto("/main/timeline?ticket=on&ticket_details=on&milestone=on&wiki=on&attachment=on");
    await says("Spring");
    await says("The gate squeaks");
    await page.locator("details.filters > summary").click();
    await ada.look("timeline");
    await page.fill("[name=daysback]", "many");
    await button("Update").click();
    await page.locator("ul.problems li").first().waitFor();
    await ada.look("timeline-refused");
  });

  await step("texts show tickets with their state", async () => {
    site.command("wiki", "save", "main", "Plan", { input: "Done: #1, open: #2, of milestone:Spring.\n\n[[Milestone(Spring)]]\n\n[[Progress(milestone=Spring)]]\n\n[[TicketQuery(status=!closed, format=table)]]\n\n[[Roadmap]]\n" });
    await page.goto("/main/wiki/Plan");
    assert.equal(await page.locator("article a.closed").first().innerText(), "#1");
    await ada.look("texts-about-tickets");
  });

  await step("what is not there says so, and strangers are asked to sign in", async () => {
    const answer = await page.goto("/main/ticket/4711");
    assert.equal(answer.status(), 404);
    await ada.look("ticket-missing");
    const stranger = await person();
    const closed = await stranger.page.goto("/main/ticket/1");
    assert.equal(closed.status(), 404);
    await stranger.page.locator("main").getByRole("link", { name: /sign in/i }).first().waitFor();
    await stranger.page.context().close();
  });
}

/** A picture of one pixel. */
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
