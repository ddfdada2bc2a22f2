// The story of an account: invited, signed in, a second factor with a code of the app, recovery codes, and an administrator who
// looks after it.
import { strict as assert } from "node:assert";
import { createHmac } from "node:crypto";

const password = "a few words of mine";

/** The code that an app shows now for a secret in base 32 (RFC 6238). */
function code(secret) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => digits.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export async function accounts({ site, person, step }) {
  const ada = await person();
  const kim = await person();
  let link;
  let secret;
  let codes;

  await step("an administrator invites somebody", async () => {
    const { page } = ada;
    await page.goto(site.link);
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await page.locator("main form button").last().click();
    await page.goto("/-/admin/accounts");
    await page.fill("main [name=user]", "kim");
    await page.fill("main [name=full_name]", "Kim Lee");
    await page.getByRole("button", { name: "Invite" }).click();
    link = await page.locator("code.new-token").innerText();
    await ada.look("invited");
    await page.goto("/-/admin/outbox");
    await ada.look("outbox");
  });

  await step("who is invited chooses a password", async () => {
    const { page } = kim;
    await page.goto(link);
    await page.fill("[name=password]", password);
    await page.fill("[name=password_again]", password);
    await kim.look("welcome");
    await page.locator("main form button").last().click();
    await page.goto("/-/account");
    await page.fill("[name=start_page]", "/-/account");
    await page.locator("[name=date_style][value=iso]").check();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    assert.match(await page.locator("main table time").first().innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d$/);
    await kim.look("account");
  });

  await step("a second factor is set up, and asked for at the next sign-in", async () => {
    const { page } = kim;
    await page.goto("/-/account/second-factor");
    await kim.look("second-factor");
    secret = await page.locator("input[name=secret]").inputValue();
    await page.fill("[name=code]", code(secret));
    await page.fill("[name=old_password]", password);
    await page.getByRole("button", { name: "Switch it on" }).click();
    await page.locator("ul.codes").waitFor();
    codes = await page.locator("ul.codes li").allInnerTexts();
    assert.equal(codes.length, 10);
    await kim.look("recovery-codes");
    await page.locator("main").getByRole("link", { name: /go on/ }).click();
    await page.locator("details.menu > summary").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/-/login");
    await page.fill("main [name=user]", "kim");
    await page.fill("main [name=password]", password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await kim.look("one-more-step");
    await page.fill("[name=code]", "000000");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    assert.match(await page.locator("ul.problems").innerText(), /not right/);
    await page.fill("[name=code]", codes[0]);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    assert.equal(new URL(page.url()).pathname, "/-/account", "the start page is where one begins");
  });

  await step("an administrator resets the factor, renames, and forgets", async () => {
    const { page } = ada;
    await page.goto("/-/admin/accounts/kim");
    await ada.look("one-account");
    await page.getByRole("button", { name: "Reset the second factor" }).click();
    await page.fill("main [name=user]", "kimberly");
    await page.getByRole("button", { name: "Rename" }).click();
    assert.match(await page.locator("h1").innerText(), /kimberly/);
    await page.fill("[name=confirm]", "kimberly");
    await page.getByRole("button", { name: "Forget this account" }).click();
    assert(!(await page.locator("main table").innerText()).includes("kimberly"));
  });

  await step("a forgotten password is asked for, and everybody gets the same answer", async () => {
    const { page } = kim;
    await page.goto("/-/forgot");
    await kim.look("forgot");
    await page.fill("[name=who]", "nobody");
    await page.getByRole("button", { name: "Send me the link" }).click();
    assert.match(await page.locator("h1").innerText(), /Look into your mail/);
    await kim.look("asked");
  });
}
