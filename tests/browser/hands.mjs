// What people do on every page, whatever their story is.
import { strict as assert } from "node:assert";

export const password = "a few words of mine";

/** The eyes and hands of a person on one page. */
export function hands(page) {
  const main = page.locator("main");
  const named = (role) => (name, where = main) => where.getByRole(role, { name, exact: typeof name === "string" });
  return {
    main,
    button: named("button"),
    link: named("link"),
    box: named("checkbox"),
    comment: (number) => page.locator(`[id="comment:${number}"]`),
    says: async (words, where = main) => {
      const seen = await text(where);
      assert(seen.includes(words), `"${words}" is not on ${page.url()}:\n${seen.slice(0, 900)}`);
    },
    saysNot: async (words, where = main) => {
      const seen = await text(where);
      assert(!seen.includes(words), `"${words}" is on ${page.url()}:\n${seen.slice(0, 900)}`);
    },
    /** Clicks, and gives the status of the page that answers. */
    sent: async (target) => {
      const isAnswer = (response) => response.request().method() === "POST" && response.request().isNavigationRequest();
      const [answer] = await Promise.all([page.waitForResponse(isAnswer), target.click()]);
      await page.waitForLoadState();
      return answer.status();
    },
    /** Opens a fold by its name, if it is not open. */
    unfold: async (name, where = main) => {
      const summary = where.locator("summary").filter({ hasText: name }).first();
      if (!(await summary.evaluate((found) => found.parentElement.open))) await summary.click();
    },
    /** What this person gets as JSON. */
    json: async (address) => (await page.context().request.get(address)).json(),
    signIn: async (login) => {
      await page.goto("/-/login");
      await page.fill("[name=user]", login);
      await page.fill("[name=password]", password);
      await main.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.locator("details.menu summary").waitFor();
    },
  };
}

const text = async (where) => (await where.innerText()).replace(/\s+/g, " ");
