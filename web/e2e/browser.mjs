// A browser that is cut off from the world and remembers all that goes wrong in its pages.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { base, check, executablePath, ok, run, WAIT_MS } from './lib.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = process.env.SCREENSHOTS;

export const WHERE = ' @ '; // in a page's trouble, between what was said and by what

// runInBrowser is run for a check that needs a browser. Errors in the pages are the check's own.
export const runInBrowser = (body, bound) =>
  run(async () => {
    const browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
        '--disable-background-networking', '--disable-component-update', '--in-process-gpu',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      ],
    });
    const house = new House(browser);
    try {
      await body(house);
      house.checkClean();
    } catch (reason) {
      const pages = browser.contexts().flatMap((context) => context.pages());
      for (const [i, page] of pages.entries()) await house.shot(`failure-${i + 1}`, page).catch(() => {});
      for (const trouble of house.trouble) console.error(`#   ${trouble}`);
      throw reason;
    } finally {
      await browser.close();
    }
  }, bound);

class House {
  outside = [];
  trouble = [];

  constructor(browser) {
    this.browser = browser;
  }

  // open shows a path in a window of its own; whatever goes wrong there is remembered. No service worker is taken in unless it is asked for: it compiles the
  // whole app, which is half the work of a short visit.
  async open(path, options = {}) {
    const context = await this.browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, serviceWorkers: 'block', ...options });
    context.setDefaultTimeout(WAIT_MS);
    context.on('request', (request) => isInside(request.url()) || this.outside.push(request.url())); // where it finds nobody
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP ${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
      });
    });

    return this.another(context, path);
  }

  // another shows a path in a further tab of a window.
  async another(context, path) {
    const page = await context.newPage();
    page.on('websocket', (socket) => isInside(socket.url()) || this.outside.push(socket.url()));
    page.on('pageerror', (error) => this.trouble.push(`${path}: ${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.trouble.push(`${path}: ${message.text()}${WHERE}${message.location().url}`);
    });
    staysIntercepted(page);
    this.page = page;
    page.answer = await page.goto(base + path);
    return page;
  }

  async shot(name, page = this.page) {
    if (!screenshots) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  // violations are what axe finds on the page, or on one part of it.
  async violations(page, part, options = {}) {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource); // not a script of the page, so its policy does not apply
    const { violations } = await page.evaluate(([include, how]) => window.axe.run(include ?? document, { resultTypes: ['violations'], ...how }), [part, options]);
    return violations.map(({ id, impact, nodes }) => ({ isGrave: impact === 'serious' || impact === 'critical', text: `${id}: ${nodes.map((node) => node.html).join(' ')}` }));
  }

  // accessible runs axe on the page, or on one part of it.
  async accessible(page, what, part) {
    const list = (await this.violations(page, part)).filter((found) => found.isGrave).map((found) => found.text);
    if (list.length > 0) throw new Error(`axe on ${what}:\n  ${list.join('\n  ')}`);
    ok(`axe finds nothing serious on ${what}`);
  }

  checkClean() {
    check(this.outside.length === 0, `no request left this machine${this.outside.map((url) => ` ${url}`)}`);
    check(this.trouble.length === 0, 'no console error, no policy violation');
  }
}

// staysIntercepted keeps a page's requests intercepted from its first route on: when the last route went, Playwright would lose sight of those that are under way.
function staysIntercepted(page) {
  const route = page.route.bind(page);
  let first;
  page.route = async (...asked) => {
    await (first ??= route('**/nowhere', (it) => it.fallback()));
    return route(...asked);
  };
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

// authenticator gives a page a device with a finger on it.
export async function authenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { id: authenticatorId, send: (...command) => session.send(...command) };
}
