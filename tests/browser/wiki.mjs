// The story: from the first start over a page's whole life to signing out.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";

const text = `# The garden

Beans stand **beside** the wall, peas \`behind\` it. See [[WikiStart]], [[Plants/Tomato]] and $a^2$.

| bed | plant |
|-----|-------|
| 1   | beans |

> [!NOTE]
> Water in the evening.

\`\`\`rust
fn water(bed: u8) -> bool { bed > 0 }
\`\`\`

- [x] dig
- [ ] sow

## A heading with quite a long text so that a narrow page has to break it somewhere

https://example.org/a/very/long/address/that/has/no/place/to/break/and/must/not/push/the/page/wide?really=yes
`;

export async function wiki({ site, person, step, scripts, phone }) {
  const ada = await person();
  const { page } = ada;
  const pages = "/main/wiki/";
  const main = page.locator("main");

  const says = async (words, where = main) => {
    const seen = (await where.innerText()).replace(/\s+/g, " ");
    assert(seen.includes(words), `"${words}" is not on ${page.url()}:\n${seen.slice(0, 600)}`);
  };
  const heading = (of = page) => of.locator("main h1").first().innerText();
  const button = (name, of = page) => of.locator("main").getByRole("button", { name, exact: true });
  const tab = (name, of = page) => of.locator("main nav.tabs").getByRole("link", { name, exact: true });
  const more = async (name) => {
    await page.locator(".more-tabs > summary").click();
    await tab(name).click();
  };
  const edit = async (name, typed, of = page) => {
    await of.goto(`${pages}${name}?action=edit`);
    await of.locator("textarea[name=text]").fill(typed);
    await button(/^(Save|Create the page)$/, of).click();
  };

  await step("the one-time link makes the administrator", async () => {
    await page.goto(site.link);
    await ada.look("first-start");
    await page.fill("[name=user]", "ada");
    await page.fill("[name=full_name]", "Ada Long-Fellow");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", "something else");
    await page.locator("main form button").last().click();
    assert.equal(await page.locator("ul.problems li").count() > 0, true, "two different passwords were taken");
    assert.equal(await page.inputValue("[name=user]"), "ada", "the typed name is kept");
    await ada.look("first-start-refused");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await page.locator("main form button").last().click();
    await page.locator("details.menu summary").waitFor();
  });

  await step("a spent link says so", async () => {
    const stranger = await person();
    const answer = await stranger.page.goto(site.link);
    assert(answer.status() >= 400, `the spent link answered ${answer.status()}`);
    await stranger.look("spent-link");
    await stranger.page.goto("/-/login");
    await stranger.look("login");
    await stranger.page.context().close();
  });

  await step("the start page is there", async () => {
    await page.goto("/");
    await page.waitForURL(/\/main/);
    await says("Trackway");
    await ada.look("start");
    await page.goto("/-/projects");
    await ada.look("projects");
  });

  await step("every default page can be read", async () => {
    await page.goto("/main/wiki?action=index");
    await ada.look("index");
    const links = await page.locator(".title-index a").evaluateAll((found) => found.map((link) => link.getAttribute("href")));
    assert(links.length > 1, "the index lists the default pages");
    for (const [at, href] of links.entries()) {
      const answer = await page.goto(href);
      assert.equal(answer.status(), 200, href);
      // A text to read is the same without scripts.
      if (scripts || at < 3) await ada.look(`default-${href.replace(/^\/main\/wiki\/?/, "").replaceAll("/", "_") || "WikiStart"}`);
    }
  });

  await step("a missing page offers to be written", async () => {
    const answer = await page.goto(`${pages}Garden`);
    assert.equal(answer.status(), 404);
    await ada.look("missing");
    await page.getByRole("link", { name: "Write this page" }).click();
    await page.locator("textarea[name=text]").fill(text);
  });

  await step(scripts ? "the preview follows what is typed" : "the preview button shows the page", async () => {
    const pane = page.locator("[data-preview-pane]");
    if (scripts) {
      await page.locator("textarea[name=text]").press("End");
    } else {
      await button("Preview").click();
      assert.equal(await page.inputValue("textarea[name=text]"), text, "the typed text is kept");
    }
    await pane.locator("h1").waitFor();
    await says("Water in the evening", pane);
    assert.equal(await pane.locator("strong").first().innerText(), "beside");
    await ada.look("edit");
  });

  await step("the page is saved and shown", async () => {
    await page.fill("[name=comment]", "A garden to begin with");
    await button("Create the page").click();
    await page.waitForURL(/\/wiki\/Garden$/);
    assert.match(await heading(), /The garden/);
    await says("A garden to begin with");
    assert.equal(await page.locator("article a.missing").count(), 1, "the link to a page that is not there is marked");
    await ada.look("show");
  });

  await step("history, difference and an old version", async () => {
    await edit("Garden", text.replace("beans |", "beans and peas |").replace("- [ ] sow", "- [x] sow\n- [ ] reap"));
    await tab("History").click();
    await says("2 versions");
    await ada.look("history");
    await button("Compare the two chosen").click();
    await says("beans and peas");
    await ada.look("diff-side");
    await page.locator("main").getByRole("link", { name: "Inline" }).click();
    await says("reap");
    await ada.look("diff-inline");
    await page.goto(`${pages}Garden?version=1`);
    await says("version 1 of 2");
    await ada.look("old-version");
    await page.getByRole("link", { name: "Bring this text back" }).click();
    assert.equal(await page.inputValue("textarea[name=text]"), text);
    await button("Save").click();
    await tab("History").click();
    await says("3 versions");
  });

  await step("a form attaches a file", async () => {
    await page.goto(`${pages}Garden`);
    await more("Attach");
    await ada.look("attachments-empty");
    await page.setInputFiles("[name=attachment]", { name: "a plan of beds & more.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>") });
    await page.fill("[name=description]", "Where everything stands");
    await button("Attach").click();
    await page.locator("main").getByRole("link", { name: "a plan of beds & more.svg" }).first().waitFor();
    await page.goto(`${pages}Garden`);
    await more("Attach");
    await ada.look("attachments");
    await page.locator("main table").getByRole("link", { name: "a plan of beds & more.svg", exact: true }).click();
    await says("Where everything stands");
    await ada.look("attachment");
  });

  if (scripts) {
    await step("a file dropped into the text is attached and named", async () => {
      await page.goto(`${pages}Garden?action=edit`);
      const dropped = await page.evaluateHandle((bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "bean.png", { type: "image/png" }));
        return transfer;
      }, [...pixel]);
      await page.locator("textarea[name=text]").press("Control+End");
      await page.locator("textarea[name=text]").dispatchEvent("dragover", { dataTransfer: dropped });
      await page.locator("textarea[name=text]").dispatchEvent("drop", { dataTransfer: dropped });
      await until(5_000, async () => (await page.inputValue("textarea[name=text]")).includes("bean.png"), () => "the text does not name the file");
      await button("Save").click();
      await page.waitForURL(/\/wiki\/Garden$/);
      const image = page.locator("article img").first();
      await image.waitFor();
      assert(await image.evaluate((found) => found.decode().then(() => found.naturalWidth > 0)), "the picture is shown");
      await ada.look("show-with-image");
    });

    await step("keys, palette and completion", async () => {
      await page.goto(`${pages}Garden`);
      await page.keyboard.press("?");
      await page.locator("dialog[open]").waitFor();
      await ada.look("keys");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.locator("dialog[open] input").fill("gard");
      await page.locator("dialog[open] [role=option]").first().waitFor();
      await ada.look("palette");
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      await page.waitForFunction(() => document.activeElement === document.body);
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement.id === "find");
      await page.keyboard.type("gard");
      const options = page.locator(".suggest [role=option]");
      await options.first().waitFor();
      await says("Garden", options.first());
      await ada.look("completion");
      await page.keyboard.press("Escape");
      await page.locator("body").click({ position: { x: 2, y: 300 } });
      await page.keyboard.press("e");
      await page.waitForURL(/action=edit/);
    });

    await step("a draft comes back", async () => {
      await page.goto(`${pages}Draft?action=edit`);
      await page.locator("textarea[name=text]").pressSequentially("Not saved yet");
      await page.waitForTimeout(1500);
      page.once("dialog", (dialog) => dialog.accept());
      await page.goto(`${pages}Garden`);
      await page.goto(`${pages}Draft?action=edit`);
      await until(5_000, async () => (await page.inputValue("textarea[name=text]")) === "Not saved yet", () => "the draft is gone");
      // What only the browser remembers can't be in the page from its beginning.
      await ada.look("draft", { shift: 0.15 });
      await page.locator(".draft-note button").click();
      page.once("dialog", (dialog) => dialog.accept());
    });

    await step("the theme can be chosen", async () => {
      await page.goto(`${pages}Garden`);
      await page.locator("[data-theme-button]").click();
      const first = await page.locator("html").getAttribute("data-theme");
      await page.reload();
      assert.equal(await page.locator("html").getAttribute("data-theme"), first, "the choice survives a reload");
      for (let left = 4; left > 0 && (await page.locator("html").getAttribute("data-theme")) !== "auto"; left -= 1) {
        await page.locator("[data-theme-button]").click();
      }
    });
  }

  await step("a saved text is found within a second", async () => {
    await edit("Plants/Tomato", "The tomato Zebrastripe ripens late. It loves the [[Garden]].");
    const saved = Date.now();
    await until(5_000, async () => {
      await page.goto("/main/search?q=zebrastripe");
      return (await page.locator(".hits li").count()) > 0;
    }, () => "the page is not found");
    assert(Date.now() - saved < 2_500, `found after ${Date.now() - saved} ms`);
    assert.match(await page.locator(".hits mark").first().innerText(), /zebrastripe/i);
    await ada.look("search");
    await page.goto("/main/search?q=nothingofthiskind");
    await ada.look("search-nothing");
    await page.goto("/main/search");
    await ada.look("search-empty");
    if (!phone) {
      await page.locator("#find").fill("zebrastripe");
      await page.locator("#find").press("Enter");
      await page.waitForURL(/search\?q=zebrastripe/);
    }
  });

  await step("what links here", async () => {
    await page.goto(`${pages}Garden?action=backlinks`);
    await says("Plants/Tomato");
    await ada.look("backlinks");
  });

  await step("a renamed page is found under its old name", async () => {
    await page.goto(`${pages}Garden`);
    await more("Rename");
    await ada.look("rename");
    await page.fill("[name=new_name]", "Plants//Garden");
    await button("Rename").click();
    await page.locator("ul.problems li").first().waitFor();
    assert.equal(await page.inputValue("[name=new_name]"), "Plants//Garden", "the typed name is kept");
    await ada.look("rename-refused");
    await page.fill("[name=new_name]", "Plants/Kitchen garden");
    await button("Rename").click();
    await page.waitForURL(/Plants\/Kitchen%20garden/);
    await page.goto(`${pages}Garden`);
    await page.waitForURL(/Plants\/Kitchen%20garden/);
    await says("Redirected from Garden");
    await ada.look("redirected");
  });

  await step("a deleted page comes back from the trash", async () => {
    await page.goto(`${pages}Plants/Tomato`);
    await more("Delete");
    await ada.look("delete");
    await button("Delete").click();
    const gone = await page.goto(`${pages}Plants/Tomato`);
    assert.equal(gone.status(), 404);
    await ada.look("deleted");
    await page.goto("/main/wiki?action=trash");
    await says("Plants/Tomato");
    await ada.look("trash");
    await page.getByRole("button", { name: "Restore Plants/Tomato" }).click();
    await page.goto(`${pages}Plants/Tomato`);
    await says("Zebrastripe");
    await page.goto("/main/wiki?action=trash");
    await ada.look("trash-empty");
  });

  const kim = await person();
  await step("an invited person chooses a password", async () => {
    site.command("user", "add", "kim");
    site.command("permission", "grant", "main", "kim", "members");
    const invitation = site.command("user", "link", "kim").match(/http:\S+/)[0];
    await kim.page.goto(invitation);
    await kim.look("invitation");
    await kim.page.fill("[name=password]", password);
    await kim.page.fill("[name=password_again]", password);
    await kim.page.locator("main form button").last().click();
    await kim.page.locator("details.menu summary").waitFor();
  });

  await step("two people at once: what clashes is shown with both texts", async () => {
    await edit("Beds", "One\n\nTwo\n\nThree\n");
    await kim.page.goto(`${pages}Beds?action=edit`);
    await edit("Beds", "One\n\nTwo by Ada\n\nThree\n");
    await kim.page.locator("textarea[name=text]").fill("One by Kim\n\nTwo by Kim\n\nThree\n");
    const [answer] = await Promise.all([kim.page.waitForResponse((response) => response.request().method() === "POST" && response.request().isNavigationRequest()), button("Save", kim.page).click()]);
    assert.equal(answer.status(), 409);
    const shown = await kim.page.locator("section.conflict").innerText();
    assert(shown.includes("Two by Ada") && shown.includes("Two by Kim"), `both texts are shown:\n${shown}`);
    const kept = await kim.page.inputValue("textarea[name=text]");
    assert(kept.includes("One by Kim") && kept.includes("Two by Ada") && kept.includes("Two by Kim"), `both texts are in the editor:\n${kept}`);
    await kim.look("conflict");
    await button("Only mine", kim.page).click();
    assert.match(await kim.page.inputValue("textarea[name=text]"), /Two by Kim/);
    await kim.look("conflict-taken");
    await kim.page.locator("textarea[name=text]").fill("One by Kim\n\nTwo by both\n\nThree\n");
    await button("Save", kim.page).click();
    await kim.page.waitForURL(/\/wiki\/Beds$/);
    await says("Two by both", kim.page.locator("main"));
  });

  await step("two people at once: what does not clash is merged", async () => {
    await kim.page.goto(`${pages}Beds?action=edit`);
    await edit("Beds", "Ada begins\n\nOne by Kim\n\nTwo by both\n\nThree\n");
    await kim.page.locator("textarea[name=text]").fill("One by Kim\n\nTwo by both\n\nThree by Kim\n");
    await button("Save", kim.page).click();
    await kim.page.locator("main").waitFor();
    await until(5_000, async () => (await kim.page.locator("main").innerText()).includes("Three by Kim"), () => "the merged line is not there");
    await kim.look("merged");
  });

  await step("the account page keeps what is typed", async () => {
    await page.goto("/-/account");
    await ada.look("account");
    await page.fill("[name=time_zone]", "Nowhere/Land");
    await page.fill("[name=full_name]", "Ada L.");
    await button("Save").first().click();
    await page.locator("ul.problems li").first().waitFor();
    assert.equal(await page.inputValue("[name=full_name]"), "Ada L.");
    await ada.look("account-refused");
    await page.fill("[name=time_zone]", "Europe/Berlin");
    await button("Save").first().click();
    await page.locator(".flash").waitFor();
    await ada.look("account-saved");
  });

  await step("signing out, being refused, signing in and coming back", async () => {
    await page.goto(`${pages}Beds`);
    await page.locator("details.menu summary").click();
    await ada.look("menu");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("a.sign-in").waitFor();
    const closed = await page.goto(`${pages}Beds`);
    assert.equal(closed.status(), 404, "a project for its members is not there for strangers");
    await ada.look("not-found");
    await page.locator("main").getByRole("link", { name: /sign in/i }).first().click();
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", "not my password");
    await button("Sign in").click();
    await page.locator("ul.problems li").first().waitFor();
    assert.equal(await page.inputValue("[name=user]"), "ada");
    await ada.look("login-refused");
    await page.fill("[name=password]", password);
    await button("Sign in").click();
    await page.waitForURL(/\/wiki\/Beds$/);
  });

  await step("a form outlives its session", async () => {
    await page.goto(`${pages}Beds?action=edit`);
    await page.locator("textarea[name=text]").fill("Typed while the session ended");
    // Else its preview might still be asked for in the session that has ended.
    if (scripts) await page.locator("[data-preview-pane]").getByText("Typed while the session ended").waitFor();
    await page.context().clearCookies();
    await page.context().addCookies([{ name: "trackway", value: "0".repeat(64), url: site.address }]);
    await button("Save").click();
    await ada.look("session-ended");
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", password);
    await button("Sign in").click();
    await ada.look("signed-in-again");
    await button("Send it again").click();
    const answered = page.url();
    await until(5_000, async () => {
      const area = page.locator("textarea[name=text]");
      const shown = (await area.count()) > 0 ? await area.inputValue() : await main.innerText();
      return shown.includes("Typed while the session ended");
    }, () => `the text is gone (${answered})`);
  });
}

/** A picture of one pixel. */
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
