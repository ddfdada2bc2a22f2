// Code, walked through: folders, files, their lines, branches, the history of a path, changesets and what differs between
// two commits; with scripts by the keyboard where that is another way.
import { strict as assert } from "node:assert";
import { until } from "./site.mjs";

const password = "a few words of mine";
const ada = { name: "Ada Long-Fellow", email: "ada@example.org" };
const kim = { name: "Kim <b>Haller</b>", email: "kim@example.org" };
const wide = "one_word_without_any_place_to_break_it_".repeat(8);
const script = (word) => Array.from({ length: 40 }, (_, at) => `def step_${at + 1}():\n    return "${at === 20 ? word : at}"\n`).join("\n");
/** A picture of two by two dots. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGM4YQMEJxggFAAjDgUByzHnZAAAAABJRU5ErkJggg==", "base64");

export async function code({ site, person, step, scripts }) {
  const visitor = await person();
  const { page } = visitor;
  const main = page.locator("main");
  const heading = () => main.locator("h1").first().innerText();
  const link = (name) => main.getByRole("link", { name, exact: true });
  const says = async (words) => {
    const seen = (await main.innerText()).replace(/\s+/g, " ");
    assert(seen.includes(words), `"${words}" is not on ${page.url()}:\n${seen.slice(0, 900)}`);
  };
  const shown = async (path, name, status = 200) => {
    const answer = await page.goto(path);
    assert.equal(answer.status(), status, path);
    await visitor.look(name);
  };
  /** Presses Tab until `is` holds of what has the focus. */
  const tabTo = async (what, is) => {
    for (let left = 60; left > 0; left -= 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(is)) return;
    }
    throw new Error(`Tab does not get to ${what} on ${page.url()}`);
  };
  const commits = {};

  await step("a repository with all kinds of files is connected", async () => {
    await page.goto(site.link);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await main.locator("form button").last().click();
    await page.locator("details.menu summary").waitFor();
    site.command("user", "add", "kim", "--email", kim.email, "--password-stdin", { input: password });
    site.command("permission", "grant", "main", "kim", "members");
    for (const summary of ["The gate squeaks", "Oil is missing", "The shed leans"]) site.command("ticket", "new", "main", "--summary", summary);
    commits.script = site.commit(ada, "src/walk.py", script("gate"), "Walk");
    commits.picture = site.commit(ada, "gate.png", picture, "Add a picture");
    site.commit(ada, "wide.txt", `${wide} ${wide}\n`, "Add a wide line");
    site.commit(ada, "dust.bin", Buffer.from([0, 1, 2, 255]), "Add dust");
    site.commit(ada, `notes/${wide.slice(0, 90)}.txt`, "A long name.\n", `Name ${wide.slice(0, 60)}`);
    commits.tagged = site.git("rev-parse", "HEAD");
    site.git("tag", "v0.1");
    site.git("checkout", "-q", "-b", "oil");
    commits.branched = site.commit(kim, "oil/can.txt", "full\n", "Fill the can\n\nFixes #2");
    site.git("checkout", "-q", "main");
    commits.changed = site.commit(kim, "src/walk.py", script("fence"), "Walk along the fence\n\nIt is <b>longer</b>.\n\nFixes #1, refs #3, see #4711");
    site.git("mv", "src/walk.py", "src/stroll.py");
    commits.renamed = site.commit(kim, "src/step.py", "def step():\n    pass\n", "Stroll, do not walk");
    site.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "merge", "-q", "--no-ff", "-m", "Merge the first oil", "oil");
    commits.merge = site.git("rev-parse", "HEAD");
    site.git("checkout", "-q", "oil");
    commits.aside = site.commit(kim, "oil/second.txt", "half\n", "Fill another can, closes #3");
    site.git("checkout", "-q", "main");
    await until(15_000, async () => {
      const known = await page.context().request.get(`/main/changeset/${commits.aside}?format=json`);
      return known.ok() && (await known.json()).tickets.length > 0;
    }, () => "the commits are not there");
  });

  await step("folders", async () => {
    await shown("/main/browser", "code-root");
    await says("A gate and a shed.");
    await shown("/main/browser/notes", "code-folder");
    await shown("/main/browser/nothing/here", "code-nothing", 404);
  });

  await step("files of all kinds", async () => {
    await shown("/main/browser/src/stroll.py", "code-file");
    await says("return \"fence\"");
    await shown("/main/browser/README.md", "code-document");
    await shown("/main/browser/gate.png", "code-picture");
    await shown("/main/browser/dust.bin", "code-binary");
    await shown("/main/browser/wide.txt", "code-wide");
  });

  await step("lines are named by the address", async () => {
    const marked = () => main.locator(".line.marked").count();
    await page.goto("/main/browser/src/stroll.py?marks=3-9");
    assert.equal(await marked(), 7);
    await visitor.look("code-lines");
    if (!scripts) return;
    await page.goto("/main/browser/src/stroll.py#L60-L63");
    await until(5_000, async () => (await marked()) === 4, () => "the range is not marked");
    assert(await main.locator("#L60").evaluate((line) => line.getBoundingClientRect().top < innerHeight), "the first line of the range is seen");
    await page.locator("#L10 > a").click();
    await page.locator("#L12 > a").click({ modifiers: ["Shift"] });
    assert.match(page.url(), /#L10-L12$/);
    assert.equal(await marked(), 3);
  });

  await step("the branch switch keeps the path, or leads as near as there is something", async () => {
    await page.goto("/main/browser/oil?rev=oil");
    await link("second.txt").click();
    await says("half");
    const summary = main.locator(".code-at summary");
    if (scripts) {
      await tabTo("the branch switch", () => document.activeElement.matches(".code-at summary"));
      await page.keyboard.press("Enter");
      await visitor.look("code-switch");
      await page.keyboard.press("Escape");
      assert.equal(await main.locator(".code-at details").getAttribute("open"), null, "Escape closes the switch");
      await page.keyboard.press("Enter");
      await tabTo("the branch main", () => document.activeElement.textContent.trim() === "main");
      await Promise.all([page.waitForURL(/rev=main/), page.keyboard.press("Enter")]);
    } else {
      await summary.click();
      await visitor.look("code-switch");
      await link("main").click();
    }
    await says("There is no “oil/second.txt” at main");
    assert.equal(await heading(), "oil");
    await visitor.look("code-nearest");
    await main.locator(".code-at summary").click();
    await link("v0.1").click();
    await says("There is no “oil/second.txt” at v0.1");
    await main.locator(".code-at summary").click();
    await page.fill("#field-rev", "oil");
    await main.getByRole("button", { name: "Show", exact: true }).click();
    await page.waitForURL(/rev=oil/);
    assert.equal(await heading(), "second.txt");
  });

  await step("the history of everything, and of a path under its former name", async () => {
    await shown("/main/log", "code-log");
    await says("Merge the first oil");
    await shown("/main/log/src/stroll.py", "code-log-path");
    await says("renamed");
    await says("walk.py");
    await says("Walk along the fence");
  });

  await step("two commits of a history are compared", async () => {
    await page.goto("/main/log/src/stroll.py");
    const chosen = (name, sha) => main.locator(`input[name=${name}][value^='${sha}']`);
    if (scripts) {
      await tabTo("the choice of the old commit", () => document.activeElement.name === "old");
      while (!(await chosen("old", commits.script).isChecked())) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
    } else {
      await chosen("old", commits.script).check();
      await chosen("new", commits.changed).check();
      await main.getByRole("button", { name: "Compare the two chosen" }).click();
    }
    await page.waitForURL(/\/diff\?/);
    await says("fence");
    await visitor.look("code-compared");
    await link("Side by side").click();
    await visitor.look("code-compared-side");
    await page.goto("/main/diff");
    await page.fill("#old", "no-such-branch");
    await page.fill("#new", "main");
    await main.getByRole("button", { name: "Compare", exact: true }).click();
    await main.locator("ul.problems li").first().waitFor();
    assert.equal(await page.inputValue("#old"), "no-such-branch", "what was typed is kept");
    await visitor.look("code-compare-refused");
  });

  await step("a changeset tells what it is and what its message did", async () => {
    await shown(`/main/changeset/${commits.changed}`, "changeset-acting");
    await says("It was closed.");
    await says("There is no such ticket.");
    assert.equal(await main.locator(".changeset-facts b").count(), 0, "a name is no markup");
    await shown(`/main/changeset/${commits.aside}`, "changeset-aside");
    await says("It is not on a branch whose commits close tickets");
    await shown(`/main/changeset/${commits.renamed}`, "changeset-rename");
    await says("renamed");
    await shown(`/main/changeset/${commits.merge}`, "changeset-merge");
    await link(`Compared with parent 2 (${commits.branched.slice(0, 7)})`).click();
    await says("src/stroll.py");
    await shown(`/main/changeset/${commits.picture}`, "changeset-picture");
  });

  await step("tickets, timeline and search know the commits", async () => {
    await page.goto("/main/ticket/1");
    await says("Walk along the fence");
    await visitor.look("ticket-commits");
    await shown("/main/timeline?changeset=on", "timeline-commits");
    await until(10_000, async () => {
      await page.goto("/main/search?q=fence&noquickjump=1");
      return (await main.innerText()).includes("Walk along the fence");
    }, () => "the search does not find the commit");
    site.command("wiki", "save", "main", "Lately", { input: "[[Commits]]\n" });
    await shown("/main/wiki/Lately", "page-commits");
    await says("Merge the first oil");
  });

  await step("administration: how commits act, and a secret for a hook", async () => {
    await shown("/main/admin/versioncontrol/repository", "admin-repositories");
    const fold = main.locator("details:has(form.stack) > summary").first();
    await fold.click();
    await visitor.look("admin-repository");
    await page.locator("[name=acts_as]").first().selectOption("account");
    await main.getByRole("button", { name: "Save" }).first().click();
    await page.locator("main ul.problems li").first().waitFor();
    await visitor.look("admin-repository-refused");
    await main.getByRole("button", { name: /^New secret/ }).first().click();
    await says("shown this once");
    await visitor.look("admin-repository-secret");
  });

  if (scripts) {
    await step("a changeset that stands open learns what its commit has done since", async () => {
      await page.goto(`/main/changeset/${commits.aside}`);
      assert(!(await main.locator(".asked").innerText()).includes("It was closed."));
      site.git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "merge", "-q", "--no-ff", "-m", "Merge the second oil", "oil");
      await until(20_000, async () => (await main.locator(".asked").innerText()).includes("It was closed."), () => "the page still tells what was");
    });
  }
}

code.site = { clone: true };
code.shapes = ["desk", "phone-noscript"];
