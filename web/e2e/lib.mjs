// What both checks share: a browser cut off from the world, a plain API client, and the verdict.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = process.env.SCREENSHOTS;
const BOUND_MS = 60_000;
const WAIT_MS = 15_000;

export const base = (process.argv[2] ?? 'http://127.0.0.1:8080').replace(/\/$/, '');

export const ok = (what) => console.log(`ok - ${what}`);

export function check(condition, what) {
  if (!condition) throw new Error(what);
  ok(what);
}

// run gives a check a browser and a minute, prints the verdict and ends the process.
export async function run(body) {
  const bound = setTimeout(() => {
    console.error(`not ok - not finished after ${BOUND_MS / 1000} s`);
    process.exit(1);
  }, BOUND_MS);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
  const house = new House(browser);
  try {
    await body(house);
    house.checkClean();
  } catch (reason) {
    await house.shot('failure').catch(() => {});
    console.error(`not ok - ${reason.stack ?? reason}`);
    for (const trouble of house.trouble) console.error(`#   ${trouble}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(bound);
    await browser.close();
  }
}

class House {
  outside = [];
  trouble = [];

  constructor(browser) {
    this.browser = browser;
  }

  // open shows a path in a window of its own; whatever goes wrong there is remembered.
  async open(path, options = {}) {
    const context = await this.browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(WAIT_MS);
    await context.route('**', (route) => {
      const url = route.request().url();
      if (isInside(url)) return route.fallback();
      this.outside.push(url);
      return route.abort();
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP ${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
      });
    });

    const page = await context.newPage();
    page.on('websocket', (socket) => isInside(socket.url()) || this.outside.push(socket.url()));
    page.on('pageerror', (error) => this.trouble.push(`${path}: ${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.trouble.push(`${path}: ${message.text()}`);
    });
    this.page = page;
    page.answer = await page.goto(base + path);
    return page;
  }

  async shot(name, page = this.page) {
    if (!screenshots) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  // accessible runs axe on the page, or on one part of it.
  async accessible(page, what, part) {
    await page.evaluate(axeSource); // not a script of the page, so its policy does not apply
    const { violations } = await page.evaluate((include) => window.axe.run(include ?? document), part);
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const list = grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    if (list.length > 0) throw new Error(`axe on ${what}:\n  ${list.join('\n  ')}`);
    ok(`axe finds nothing serious on ${what}`);
  }

  checkClean() {
    check(this.outside.length === 0, `no request left this machine${this.outside.map((url) => ` ${url}`)}`);
    check(this.trouble.length === 0, 'no console error, no policy violation');
  }
}

function isInside(url) {
  const { protocol, hostname } = new URL(url);
  return !/^(https?|wss?):$/.test(protocol) || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

// checkPolicy asks the answer's Content-Security-Policy for the promise that matters.
export function checkPolicy(answer, what) {
  const policy = answer.headers()['content-security-policy'] ?? '';
  const scripts = /script-src ([^;]*)/.exec(policy)?.[1].trim();
  check(scripts === "'self'" && policy.includes("default-src 'none'"), `${what} has a strict policy`);
}

// graphql sends one operation from outside the browser.
export async function graphql(query, variables = {}, token) {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`${query}\n${JSON.stringify(errors)}`);
  const refusals = Object.values(data).flatMap((payload) => payload?.userErrors ?? []);
  if (refusals.length > 0) throw new Error(`${query}\n${JSON.stringify(refusals)}`);
  return data;
}

export async function inbox(to) {
  const response = await fetch(`${base}/dev/inbox.json?to=${encodeURIComponent(to)}`, { signal: AbortSignal.timeout(WAIT_MS) });
  return response.json();
}

// nextMessage does something and waits for the message it sends to an address.
export async function nextMessage(to, wanted, action) {
  const before = new Set((await inbox(to)).map((message) => JSON.stringify(message)));
  const result = await action();
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await new Promise((wake) => setTimeout(wake, 200))) {
    const message = (await inbox(to)).find((m) => wanted(m) && !before.has(JSON.stringify(m)));
    if (message) return { message, result };
  }
  throw new Error(`no message for ${to}`);
}

// register opens a new account by plain API calls and returns the letter that asks to confirm its e-mail.
export async function register() {
  const serial = String(Date.now()).slice(-7);
  const phone = `+7901${serial}`;
  const email = `e2e-${serial}@purser.test`;
  const errors = 'userErrors { code message }';

  const { startRegistration } = await graphql(
    `mutation ($i: StartRegistrationInput!) { startRegistration(input: $i) { registration { token } ${errors} } }`,
    { i: { phone, locale: 'EN' } },
  );
  const { token } = startRegistration.registration;
  const profile = { firstName: 'Ema', lastName: 'Tester', birthDate: '1990-01-01' };
  const { message: sms } = await nextMessage(phone, (m) => m.code, () =>
    graphql(`mutation ($i: SubmitRegistrationProfileInput!) { submitRegistrationProfile(input: $i) { ${errors} } }`, {
      i: { token, profile, email, securityQuestion: 'Which street?', securityAnswer: 'Lime Street' },
    }),
  );
  await graphql(`mutation ($i: VerifyRegistrationPhoneInput!) { verifyRegistrationPhone(input: $i) { ${errors} } }`, {
    i: { token, code: sms.code },
  });

  const { agreements } = await graphql('{ agreements { id } }');
  const password = `a long sentence ${serial}`;
  const { message: letter } = await nextMessage(email, (m) => m.link, () =>
    graphql(`mutation ($i: CompleteRegistrationInput!) { completeRegistration(input: $i) { ${errors} } }`, {
      i: {
        token, password, passwordConfirmation: password, acceptedAgreements: agreements.map(({ id }) => id),
        device: { name: 'e2e', platform: 'OTHER' },
      },
    }),
  );
  return letter;
}
