// node keeper-ways.mjs <baseURL>: the web app by keyboard and by ear, on the narrowest screen, and the way out of it to whoever has lost the phone.
import { runInBrowser } from './browser.mjs';
import { loses } from './keeper-entry.mjs';
import { check, nextMessage, ok, soon } from './lib.mjs';
import { anna, boris, button, code, DESK, drawn, fill, forgive, logIn, newest, numberOf, PHONE, place, review, TABLET } from './keeper-lib.mjs';

const LOW = { ...DESK, viewport: { width: 1000, height: 420 } };
const NARROWEST = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce', locale: 'ru' };

const focused = (page) => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.tagName === 'BODY' ? '' : document.activeElement.textContent}`.trim());
const forgets = (page, what) => page.waitForResponse((r) => r.url().endsWith(`/web/${what}`) && r.request().method() === 'DELETE');
const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();

await runInBrowser(async (house) => {
  const desk = await house.open('/', LOW);
  await logIn(desk, anna);
  const other = await house.open('/', DESK);
  await logIn(other, boris);
  await sendByEar(desk, { to: await numberOf(other), amount: '123.45', memo: 'for a long walk' });
  await byKeyboard(desk);
  await underNoBar(desk);
  await monthsInWords(house, desk);
  await narrow(house, await house.open('/', NARROWEST));
  await runsOut(house);
  await lostPhone(house, desk);
  forgive(house, /status of (401|410)|ERR_FAILED/);
});

// arrives waits until the focus is at a heading, and looks where the page is scrolled to.
async function arrives(page, name) {
  await heading(page, name);
  await page.waitForFunction((text) => document.activeElement.tagName === 'H1' && document.activeElement.textContent === text, name);
  return page.evaluate(() => scrollY);
}

// sendByEar waits at each step of a payment until its heading has the focus.
async function sendByEar(page, what) {
  const isSaid = (name) => page.waitForFunction((text) => document.activeElement.tagName === 'H1' && document.activeElement.textContent === text, name);
  await place(page, 'Send');
  await page.locator('[name=to]').fill('99021234567');
  await page.locator('[name=amount]').focus();
  await page.getByText('Enter all 12 digits, or a phone starting with +.').waitFor();
  ok('what is nobody is told when its field is left');
  await fill(page, what);
  await (await review(page)).waitFor();
  await isSaid('Check the transfer');
  await button(page, 'Back').click();
  await page.waitForFunction(() => document.activeElement.getAttribute('role') === 'group');
  const sendIt = await review(page);
  const digits = await code(anna.phone, () => sendIt.click());
  await page.waitForFunction(() => document.activeElement.name === 'code');
  await page.locator('[name=code]').fill(digits);
  await button(page, 'Confirm').click();
  await isSaid('Sent');
  await button(page, 'Send another').click();
  await page.waitForFunction(() => document.activeElement.getAttribute('role') === 'group');
  ok('each step of a payment is said, and none leaves the focus nowhere');
}

async function byKeyboard(page) {
  await page.goto(new URL('/', page.url()).href);
  await page.getByTestId('transfer').first().waitFor();
  check((await focused(page)) === 'BODY', 'a page that is loaded begins at its beginning');
  const row = page.getByTestId('transfer').last();
  await row.focus(); // which scrolls to it
  await soon(() => page.evaluate(() => scrollY), (y) => y > 0, 'the page is longer than the screen');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/transfers/**');
  await page.waitForFunction(() => document.activeElement.tagName === 'H1');
  await soon(() => page.evaluate(() => scrollY), 0, 'whoever opens something is put at its top, and the focus at its heading');
  await page.locator('dl.facts').waitFor();
  await page.keyboard.press('Tab');
  await soon(() => page.evaluate(() => document.getElementById('main').contains(document.activeElement)), true, 'the next key goes on from there');

  await page.getByRole('navigation').getByRole('link', { name: 'Receive', exact: true }).focus();
  await page.keyboard.press('Enter');
  check((await arrives(page, 'Receive')) === 0, 'so it is from the bar of places');
  await page.getByLabel('Amount (optional)').focus();
  await page.evaluate(() => { history.pushState(history.state, '', '/receive?wallet=none'); dispatchEvent(new PopStateEvent('popstate', { state: history.state })); });
  await drawn(page);
  check((await focused(page)).startsWith('INPUT'), 'what follows a ? takes the focus from nothing');
  await place(page, 'History'); // by the pointer
  await arrives(page, 'History');
  check((await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)) === 'none', 'whoever points sees no frame around the heading');
}

// underNoBar goes through long screens by the keyboard, down and up again: all that has the focus is beside what is fixed above and below (WCAG 2.2, 2.4.11).
async function underNoBar(page) {
  for (const { viewport } of [PHONE, TABLET, DESK]) {
    await page.setViewportSize(viewport);
    for (const path of ['/settings', '/security', '/receive']) {
      await page.goto(new URL(path, page.url()).href);
      await page.locator('h1').waitFor();
      await page.locator('[aria-busy=true], .mantine-Loader-root').first().waitFor({ state: 'detached' });
      for (const key of ['Tab', 'Shift+Tab']) {
        const { stops, covered } = await tabThrough(page, key);
        check(stops > 5 && covered.length === 0, `${path}, ${viewport.width} pixels wide, by ${key}: none of ${stops} stops is under a bar${covered.map((what) => ` ${what}`)}`);
      }
    }
  }
  await page.setViewportSize(LOW.viewport);
  await page.goto(new URL('/history', page.url()).href);
}

// tabThrough presses a key until the focus has been at everything.
async function tabThrough(page, key) {
  const covered = [];
  await page.evaluate(() => { window.stopped = new Set(); document.activeElement.blur(); });
  for (;;) {
    await page.keyboard.press(key);
    const stop = await page.evaluate(() => {
      const it = document.activeElement;
      if (it === document.body || window.stopped.has(it)) return { isOver: it !== document.body || window.stopped.size > 0, stops: window.stopped.size };
      window.stopped.add(it);
      const [header, footer] = ['header', 'footer'].map((bar) => document.querySelector(`.mantine-AppShell-${bar}`));
      const { top, bottom } = it.getBoundingClientRect();
      const isBar = it.closest('.mantine-AppShell-header, .mantine-AppShell-navbar, .mantine-AppShell-footer');
      const below = footer?.offsetHeight ? footer.getBoundingClientRect().top : innerHeight;
      return { what: !isBar && (top < header.getBoundingClientRect().bottom || bottom > below) && `${it.tagName} ${it.textContent || it.getAttribute('aria-label')} (${top} to ${bottom})` };
    });
    if (stop.isOver) return { stops: stop.stops, covered };
    if (stop.what) covered.push(stop.what);
  }
}

async function monthsInWords(house, page) {
  const table = page.getByRole('table');
  await table.waitFor({ state: 'attached' });
  const now = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date());
  const isWhole = (rows) => rows.length === 7 && rows.at(-1).startsWith(now) && /124\.44\sWMZ/.test(rows.at(-1)) && rows.slice(1).every((r) => (r.match(/WMZ/g) ?? []).length === 2);
  await soon(() => table.getByRole('row').allInnerTexts(), isWhole, 'all months that are drawn are in a table too, with what was paid in fees');
  check((await table.locator('th[scope=row]').count()) === 6 && (await table.locator('th[scope=col]').count()) === 3, 'with heads of its rows and columns');
  await house.accessible(page, 'the months');
}

async function narrow(house, page) {
  await page.locator('[name=login]').fill(anna.login);
  await page.locator('[name=password]').fill(anna.password);
  check((await page.getByRole('button', { name: 'Показать пароль' }).count()) === 1, 'what shows a password has a name in the language of the app');
  const digits = await code(anna.phone, () => page.locator('main button[type=submit]').click());
  await page.locator('[name=code]').fill(digits);
  await page.locator('main button[type=submit]').click();
  await page.getByTestId('wallet').first().waitFor();
  for (const name of ['Главная', 'История', 'Настройки']) {
    await place(page, name);
    await heading(page, name === 'Главная' ? /./ : name);
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    await house.shot(`keeper-narrowest-${name}`, page);
    check((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `${name}: nothing is wider than 320 pixels`);
    const cut = await page.evaluate(() => [...document.querySelectorAll('.row .name, .mantine-SegmentedControl-label')]
      .filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1 || e.clientWidth < 40).map((e) => `${e.textContent} (${e.clientWidth})`));
    check(cut.length === 0, `${name}: no name and no choice is cut ${cut}`);
  }
  await place(page, 'История');
  await page.getByTestId('transfer').first().waitFor();
  const widths = await page.getByTestId('transfer').locator('.name').evaluateAll((names) => names.map((n) => n.clientWidth));
  check(widths.every((w) => w > 150), `names have room beside no sum: ${widths}`);
  const tabs = await page.evaluate(() => [...document.querySelectorAll('.tab')].map((tab) => {
    const text = document.createRange();
    text.selectNodeContents(tab.lastChild);
    const { left, right } = text.getBoundingClientRect();
    return { left, right };
  }));
  check(tabs.length === 5 && tabs.every((tab, i) => i === 0 || tab.left - tabs[i - 1].right >= 4), `the names of the tabs do not touch: ${JSON.stringify(tabs.map((tab) => [Math.round(tab.left), Math.round(tab.right)]))}`);
  await house.accessible(page, 'the history on the narrowest screen');
  await larger(page);
}

// larger looks at the screens with text of twice its size on a phone (WCAG 2.2, 1.4.4), and on one that is narrower still: nothing is scrolled sideways for.
async function larger(page) {
  const root = (size) => page.evaluate((to) => { document.documentElement.style.fontSize = to; }, size);
  for (const path of ['/', '/wallets', '/send', '/receive', '/history', '/security', '/contacts', '/settings', '/settings/limits']) {
    await page.goto(new URL(path, page.url()).href);
    await page.locator('h1').waitFor();
    await page.locator('[aria-busy=true], .mantine-Loader-root').first().waitFor({ state: 'detached' });
    for (const [width, size] of [[390, '200%'], [280, '']]) {
      await page.setViewportSize({ ...NARROWEST.viewport, width });
      await root(size);
      await drawn(page);
      await soon(() => page.evaluate(() => document.documentElement.scrollWidth), (needed) => needed <= width, `${path}: nothing is wider than ${width} pixels, with text of ${size || 'its own size'}`);
    }
    await root('');
    await page.setViewportSize(NARROWEST.viewport);
  }
}

async function lostPhone(house, page) {
  await page.goto(new URL('/recovery/phone', page.url()).href);
  await heading(page, 'Phone');
  check(new URL(page.url()).pathname === '/settings/phone', 'whoever is signed in and types the way back without a phone comes to their phone');
  await button(page, 'Recover access without it').click();
  await page.getByText('you first log out in this browser').waitFor();
  check(new URL(page.url()).pathname === '/settings/phone', 'whoever has lost the phone is told first what the way back takes');
  await house.accessible(page, 'the way to a lost phone');
  await button(page, 'Log out and recover access').click();
  await heading(page, 'Lost phone');
  check(new URL(page.url()).pathname === '/recovery/phone', 'and is led there logged out');
  await page.locator('[name=login]').waitFor(); // it has asked what was begun, and that was nothing
  await page.evaluate(() => localStorage.setItem('keeper.begun.lost-phone', 'yes')); // the browser has let the cookie go with its hour
  const told = forgets(page, 'lost-phone');
  await page.reload();
  await page.getByText('What you started here wasn’t kept.').waitFor();
  await told;
  await page.reload();
  await page.locator('[name=login]').waitFor();
  check(!(await page.getByText('wasn’t kept').isVisible()), 'a recovery that is wasn’t kept is said to be, once');
  ok('where a reload leaves them');
  await recoverWithoutIt(house, page);
}

// recoverWithoutIt goes all the way, on a server whose two days are a second.
async function recoverWithoutIt(house, page) {
  await page.locator('[name=login]').fill(anna.login);
  const { message: letter } = await nextMessage(anna.login, (m) => m.link?.includes('/recover#'), () => button(page, 'Send the email').click());
  const handed = page.waitForResponse((r) => r.url().endsWith('/web/lost-phone') && r.request().method() === 'POST' && r.status() === 204);
  await page.getByLabel('Link from the email').fill(letter.link);
  await button(page, 'Continue').click();
  await handed;
  const answer = page.getByLabel('What is this demo called?');
  await answer.waitFor();
  await page.reload();
  await answer.waitFor();
  const seen = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  check(!seen.includes(/token=(.*)/.exec(letter.link)[1]), 'a reload goes on with the letter, whose token is where no script reads it');
  await answer.fill('Purser');
  await button(page, 'Continue').click();
  const phone = `+7902${String(Date.now()).slice(-7)}`;
  await page.locator('[name=phone]').fill(phone); // when the wait is over
  const first = await code(phone, () => button(page, 'Send a code').click());
  await house.accessible(page, 'a new phone for a lost one');
  await button(page, 'Send a new code').click(); // when it may be
  const digits = await newest(phone, first);
  await button(page, 'Save phone and password').click();
  await page.getByText('Enter the code.').waitFor();
  await page.waitForFunction(() => document.activeElement.name === 'code');
  ok('who presses the button is told what is missing, and is there');
  await page.locator('[name=code]').fill(digits);
  await page.locator('[name=new-password]').fill('another long sentence');
  await page.locator('[name=new-password-again]').fill('another long sentence');
  const forgotten = forgets(page, 'lost-phone');
  const wasLost = await loses(page, 'CompleteLostPhone', { served: true });
  await button(page, 'Save phone and password').click();
  await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
  await button(page, 'Save phone and password').click();
  await page.getByText('most likely it worked').waitFor();
  await wasLost();
  await forgotten;
  check(!(await page.context().cookies()).some((c) => /lost_phone/.test(c.name)), 'a code that is sent again sets the new phone, what is said of a lost answer is true, and nothing of the letter is left');
}

// runsOut comes back to a registration that the server does not know any more.
async function runsOut(house) {
  const page = await house.open('/login', DESK);
  await soon(() => page.getByRole('link', { name: 'Contact support' }).getAttribute('href'), 'mailto:help@purser.example', 'whoever is not in finds support');
  const { hostname } = new URL(page.url());
  await page.context().addCookies([{ name: 'purser_registration', value: 'of-long-ago', domain: hostname, path: '/web/registration', httpOnly: true, sameSite: 'Strict' }]);
  const forgotten = forgets(page, 'registration');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByText('has expired, and nothing you entered was kept').waitFor();
  await page.locator('[name=phone]').waitFor();
  await forgotten;
  await page.reload();
  await page.locator('[name=phone]').waitFor();
  check(!(await page.getByText('has expired').isVisible()) && !(await page.context().cookies()).some((c) => /registration/.test(c.name)), 'a registration that has expired is said to have, once, and another can be begun');
  await page.evaluate(() => localStorage.setItem('keeper.begun.registration', 'yes')); // the browser has let the cookie go with it
  await page.reload();
  await page.getByText('has expired, and nothing you entered was kept').waitFor();
  ok('also by a browser that has forgotten it in time');
  await page.route('**/web/registration', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 410, json: {} }) : route.fallback()));
  const refused = page.waitForResponse((r) => r.url().endsWith('/web/registration') && r.request().method() === 'POST');
  await page.locator('[name=phone]').fill('+7 902 000-00-02');
  await button(page, 'Continue').click();
  await refused;
  await page.getByLabel('First name').waitFor();
  await page.reload();
  await page.locator('[name=phone]').waitFor();
  check(!(await page.getByText('has expired').isVisible()), 'what was never kept has not run out');
  await page.context().close();
}
