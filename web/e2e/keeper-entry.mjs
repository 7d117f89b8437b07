// How a person gets into the web app, and out of it: registration, log-in, a session that is ended.
import { check, ok, soon } from './lib.mjs';
import { asksFor, code, drawn, forgive, holdAnswer, logIn, newest, place, tap } from './keeper-lib.mjs';

const described = (page) => page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.textContent);

// arrives waits until a step is shown, and said: its heading has the focus, and the title of the page tells how far it is.
export async function arrives(page, name, far) {
  await page.waitForFunction((text) => document.activeElement.tagName === 'H1' && document.activeElement.textContent === text, name);
  await page.waitForFunction((title) => document.title === title, `${name} · ${far} · Keeper`);
  await soon(() => described(page), far, `${far} is said with its heading`);
}

// asks waits until a step that begins with a code is shown: its field has the focus, and says where the code went.
export async function asks(page, name, far, where) {
  await page.waitForFunction(() => document.activeElement.name === 'code');
  await page.waitForFunction((title) => document.title === title, [name, far, 'Keeper'].filter(Boolean).join(' · '));
  await soon(() => described(page), (said) => said?.includes(where), `${name}: the field of the code has the focus, and says where it went`);
}

const profileOf = (me) => [['First name', me.firstName], ['Last name', 'Keeper'], ['Date of birth', '1990-02-03'], ['Email', me.email], ['Security question', 'Which street?'], ['Answer', 'Lime Street']];

export async function fillProfile(page, me) {
  for (const [label, text] of profileOf(me)) await page.getByLabel(label, { exact: false }).first().fill(text);
}

// loses lets one request of an operation go wrong: it does not leave, or its answer does not come.
export async function loses(page, operation, { served }) {
  let lost = false;
  await page.route('**/graphql', async (route) => {
    if (lost || route.request().postDataJSON()?.operationName !== operation) return route.fallback();
    lost = true;
    if (served) await route.fetch();
    return route.abort();
  });
  return async () => {
    check(lost, `${operation} was lost`);
    await page.unroute('**/graphql');
  };
}

const kept = (page) => page.waitForResponse((r) => r.url().endsWith('/web/registration') && r.request().method() === 'POST' && r.status() === 204);

// register opens an account step by step, with a wrong code and a mistyped password on the way. On a phone the tab is closed in the middle, and one goes back to
// correct things; at a desk answers are lost, and on a tablet that which tells of the account.
export async function register(life) {
  const { house, me, name } = life;
  await life.own.evaluate(tap, '/history');
  await life.own.getByRole('link', { name: 'Create an account' }).click();
  await arrives(life.own, 'Your phone', 'Step 1 of 5');
  await life.own.locator('[name=phone]').fill(`8902${me.serial}`);
  await life.own.waitForFunction(() => document.querySelector('[name=phone]')?.value.startsWith('+7'));
  ok('a phone is written as its country writes it');
  await house.accessible(life.own, 'registration: phone');
  await Promise.all([kept(life.own), life.own.getByRole('button', { name: 'Continue' }).click()]);
  await arrives(life.own, 'About you', 'Step 2 of 5');
  await house.shot('keeper-register-profile', life.own);
  await house.accessible(life.own, 'registration: profile');

  if (name === 'phone') await closeTheTab(life);
  else await life.own.reload();
  const page = life.own;
  await page.getByText('We kept your number').waitFor();
  await fillProfile(page, me);
  if (name === 'phone') await leaveAndReturn(page, me);
  if (name === 'phone') await changeTheNumber(page, me);
  const digits = await code(me.phone, () => page.getByRole('button', { name: 'Continue' }).click()); // nobody else knows this phone
  await asks(page, 'Enter the code', 'Step 3 of 5', 'We sent a code to');
  if (name === 'phone') await backToTheProfile(page, me);
  await page.locator('[name=code]').fill(digits === '000000' ? '000001' : '000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').waitFor();
  const marked = () => document.activeElement.name === 'code' && document.activeElement.getAttribute('aria-invalid') === 'true' && document.activeElement.selectionEnd === 6 && document.activeElement.selectionStart === 0;
  await page.waitForFunction(marked);
  ok('a wrong code is said to be wrong at its field, where the next key replaces it');
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'registration: code');
  await confirm(life);
  await arrives(page, 'Password and agreements', 'Step 4 of 5');
  if (name === 'phone') await backFromThePassword(page);
  await choosePassword(life);
  await finish(life, digits);
  const left = async () => JSON.stringify([(await page.context().cookies()).map((c) => c.name), await page.evaluate(() => ({ ...localStorage }))]);
  await soon(left, (kept) => !/registration|begun/.test(kept), 'nothing of a registration is left when it is complete');
}

async function closeTheTab(life) {
  const { own: page, house } = life;
  const seen = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  const cookie = (await page.context().cookies()).find((c) => /purser_registration$/.test(c.name));
  check(cookie?.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/web/registration' && !seen.includes(cookie.value), 'the token of a registration is where no script reads it');
  const context = page.context();
  const next = await house.another(context, '/'); // a window without a tab would be closed
  await page.close();
  await next.getByRole('link', { name: 'Create an account' }).click();
  await next.getByLabel('First name').waitFor();
  ok('a registration goes on when its tab was closed');
  life.own = next;
}

// leaveAndReturn goes back by the browser's own button, which leaves the registration.
async function leaveAndReturn(page, me) {
  await page.goBack();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await arrives(page, 'About you', 'Step 2 of 5');
  for (const [label, text] of profileOf(me)) await soon(() => page.getByLabel(label, { exact: false }).first().inputValue(), text, `${label} is there for whoever leaves and returns`);
  check(!(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).includes('Lime Street'), 'and where a reload would find it there is none of it');
}

// changeTheNumber goes back to the phone and thinks better of it, then takes another number and the first again: that is another registration.
async function changeTheNumber(page, me) {
  const number = page.locator('[name=phone]');
  await page.getByRole('button', { name: 'Change the number' }).click();
  await arrives(page, 'Your phone', 'Step 1 of 5');
  await soon(async () => (await number.inputValue()).replace(/\D/g, ''), me.phone.slice(1), 'who goes back to the phone finds the number');
  await page.getByRole('button', { name: /^Keep \+7/ }).click();
  const firstName = () => page.getByLabel('First name').inputValue();
  await soon(firstName, me.firstName, 'and what was typed after it');
  for (const phone of ['+7 902 000-00-00', me.phone]) {
    await page.getByRole('button', { name: 'Change the number' }).click();
    await number.fill(phone);
    await Promise.all([kept(page), page.getByRole('button', { name: 'Continue' }).click()]);
    await arrives(page, 'About you', 'Step 2 of 5');
  }
  await soon(firstName, me.firstName, 'another number begins anew, and leaves what was typed');
}

async function backToTheProfile(page, me) {
  await page.getByRole('button', { name: 'Back' }).click();
  await arrives(page, 'About you', 'Step 2 of 5');
  for (const [label, text] of profileOf(me)) await soon(() => page.getByLabel(label, { exact: false }).first().inputValue(), text, `${label} is still there`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await asks(page, 'Enter the code', 'Step 3 of 5', 'We sent a code to');
  for (const title of ['About you', 'Your phone']) {
    await page.goBack();
    await page.getByRole('heading', { name: title }).waitFor();
  }
  await page.getByRole('button', { name: /^Keep \+7/ }).click();
  await page.locator('[name=code]').waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await arrives(page, 'About you', 'Step 2 of 5');
  await page.getByRole('button', { name: 'Continue' }).click();
  await asks(page, 'Enter the code', 'Step 3 of 5', 'We sent a code to');
  await profileLate(page);
  await page.reload();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByText('Your details are saved.').waitFor();
  check((await page.locator('[name=firstName]').count()) === 0, 'what is kept is not asked for again');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('[name=code]').waitFor();
  ok('after a reload nothing need be filled in again');
}

// profileLate has gone back to the phone by the time the profile is taken.
async function profileLate(page) {
  await page.getByRole('button', { name: 'Back' }).click();
  await arrives(page, 'About you', 'Step 2 of 5');
  const late = await holdAnswer(page, '**/graphql', asksFor('SubmitProfile'));
  await page.getByRole('button', { name: 'Continue' }).click();
  await late.reached;
  await page.getByRole('button', { name: 'Change the number' }).click();
  await arrives(page, 'Your phone', 'Step 1 of 5');
  await late.letGo();
  await drawn(page);
  check(await page.getByRole('heading', { name: 'Your phone' }).isVisible(), 'who has gone back when the profile is taken stays there');
  await page.getByRole('button', { name: /^Keep \+7/ }).click();
  await page.locator('[name=code]').waitFor();
}

// backFromThePassword looks at what was entered, as often as one likes.
async function backFromThePassword(page) {
  for (let i = 0; i < 2; i++) {
    await page.getByRole('button', { name: 'Back' }).click();
    await arrives(page, 'About you', 'Step 2 of 5');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('[name=new-password]').waitFor();
  }
}

async function confirm({ own: page, house, name }) {
  if (name === 'tablet') return acceptedLate(page);
  if (name !== 'desk') return page.getByRole('button', { name: 'Confirm' }).click();
  const wasLost = await loses(page, 'VerifyPhone', { served: true });
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('We couldn’t reach the server.').waitFor();
  await page.getByRole('button', { name: 'Confirm' }).click(); // the code is used up, and right
  await page.locator('[name=new-password]').waitFor();
  await wasLost();
  forgive(house, /ERR_FAILED/);
  ok('a code whose answer was lost leads on');
}

// acceptedLate has gone back to the profile by the time the code is accepted.
async function acceptedLate(page) {
  const late = await holdAnswer(page, '**/graphql', asksFor('VerifyPhone'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await late.reached;
  await page.getByRole('button', { name: 'Back' }).click();
  await arrives(page, 'About you', 'Step 2 of 5');
  await late.letGo();
  await drawn(page);
  check(await page.getByRole('heading', { name: 'About you' }).isVisible(), 'who has gone back when the code is accepted stays there');
  await page.getByRole('button', { name: 'Leave it as it is' }).click(); // which leads to what is due
}

const create = (page) => page.getByRole('button', { name: 'Create an account' }).click();

// choosePassword looks at the button before the agreements are there, and presses it before anything else is.
async function choosePassword({ house, own: page, me, name }) {
  const [password, again] = [page.locator('[name=new-password]'), page.locator('[name=new-password-again]')];
  const focused = (field) => page.waitForFunction((n) => document.activeElement.name === n, field);
  if (name === 'phone') {
    let answer;
    const answered = new Promise((resolve) => (answer = resolve));
    await page.route('**/graphql', async (route) => {
      if (route.request().postDataJSON()?.operationName !== 'Agreements') return route.fallback();
      await answered;
      return route.fulfill({ json: { errors: [{ message: 'No.', extensions: { code: 'INTERNAL' } }] } });
    });
    await page.reload();
    await page.getByText('Loading the agreements').waitFor();
    check(await page.getByRole('button', { name: 'Create an account' }).isDisabled(), 'no account is created before its agreements are there');
    answer();
    await page.getByText('couldn’t load the agreements').waitFor();
    await house.accessible(page, 'registration: no agreements');
    await page.unroute('**/graphql');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('checkbox').first().waitFor();
    ok('agreements that are not there are asked for again');
    await create(page);
    await page.getByText('Enter a password.').waitFor();
    await focused('new-password');
    ok('who presses the button is told what is missing, and is there');
  }
  if (name === 'tablet') await refused(page, password, again);
  await password.fill(me.password);
  await again.fill('something else');
  await page.getByText('The passwords don’t match.').waitFor();
  await again.fill(me.password);
  await page.getByRole('checkbox').first().waitFor(); // the agreements come from the server
  if (name === 'phone') {
    await create(page);
    await page.waitForFunction(() => document.activeElement === document.querySelector('input[type=checkbox]'));
    const boxes = await page.getByRole('checkbox').count();
    await soon(() => page.getByText('You need to accept this to continue.').count(), boxes, 'so it is with the agreements');
    await page.getByTestId('agreement').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    check(!(await page.getByRole('checkbox').first().isChecked()), 'the title of an agreement opens its text, and accepts nothing');
  }
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await house.shot('keeper-register-password', page);
  await house.accessible(page, 'registration: password');
}

// finish makes the account. At a desk what asks for it is lost, and asked again, and so is what signs one in; on a tablet its answer is, and then one logs in.
async function finish({ house, own: page, me, name }, before) {
  const wasLost = name === 'phone' ? async () => {} : await loses(page, 'CompleteRegistration', { served: name === 'tablet' });
  if (name === 'desk') await page.route('**/web/session', (route) => route.abort());
  await create(page);
  if (name === 'tablet') {
    await page.getByRole('heading', { name: 'Your account is open' }).waitFor();
    await page.waitForFunction(() => document.activeElement.tagName === 'H1');
    await page.reload();
    await page.getByText(/There is already an account for .+ Log in with this phone and the account’s password\./).waitFor();
    await page.getByRole('link', { name: 'Log in' }).click();
    await soon(() => page.getByLabel('WMID, phone, or email').inputValue(), me.phone, 'an account whose answer was lost is said to be open, and logged in to');
    await page.locator('[name=password]').fill(me.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.locator('[name=code]').fill(await newest(me.phone, before));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await place(page, 'Wallets');
  } else {
    const wmid = (await page.getByTestId('wmid').innerText()).replace(/\D/g, '');
    check(/^\d{12}$/.test(wmid), `a registration ends with a WMID${name === 'desk' ? ', also when it had to be asked for again' : ''}`);
    await house.shot(`keeper-register-wmid-${name}`, page);
    await house.accessible(page, 'registration: WMID');
    if (name === 'desk') await enterLate(page);
    await page.evaluate(tap, '/history');
    await drawn(page);
    check(await page.getByTestId('wmid').isVisible(), 'which no notification that was tapped takes away');
    await page.getByRole('button', { name: 'Open Keeper' }).click();
  }
  await wasLost();
  forgive(house, /ERR_FAILED/);
}

// enterLate has the account, and no answer yet to what signs one in: whoever closes the tab by then is shown the way in.
async function enterLate(page) {
  await page.getByText('We’ll log you in as soon as').waitFor();
  check((await page.context().cookies()).some((c) => /registration/.test(c.name)), 'a registration is not forgotten before one is in');
  await page.unroute('**/web/session');
}

// openWallet opens the first wallet, and returns its number.
export async function openWallet({ house, own: page }) {
  await page.getByText('No wallets yet').waitFor();
  await house.shot('keeper-no-wallets', page);
  await page.getByRole('button', { name: 'Open a wallet' }).first().click();
  await page.getByLabel('Name (optional)').fill('Pocket money');
  await house.accessible(page, 'opening a wallet');
  await page.getByRole('dialog').getByRole('button', { name: 'Open a wallet' }).click();
  const number = (await page.getByTestId('wallet').innerText()).match(/[A-Z](\s\d{4}){3}/)[0].replace(/\s/g, '');
  check(number.startsWith('Z'), 'a wallet is opened and shown with its number');
  if (!page.url().includes('#pay=')) return number;
  await page.getByRole('link', { name: 'Go to the payment' }).click();
  await page.waitForURL('**/send#pay=*');
  ok('a payment link is there when the account is, and its first wallet');
  return number;
}

// checkKept looks for tokens where scripts could read them.
export async function checkKept({ other: page }) {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  check(!/eyJ|rt_|token/i.test(kept), 'no token is where scripts can read it');
  const cookies = (await page.context().cookies()).filter((c) => /^(__Secure-)?purser_/.test(c.name));
  check(cookies.length === 2 && cookies.every((c) => c.httpOnly && c.sameSite === 'Strict'), 'the cookies are HttpOnly and SameSite=Strict');
  await page.reload();
  await page.getByTestId('wallet').first().waitFor();
  ok('a reload needs no log-in');
}

// revoke ends the session of a screen that is open, from another device of the same person.
export async function revoke({ house, own, other, me, size }) {
  const page = await house.open('/', size);
  await logIn(page, { phone: me.phone, password: me.password });
  await page.goto(new URL('/security', page.url()).href);
  await page.getByRole('button', { name: 'Log out other devices' }).click();
  check(await own.getByRole('navigation').first().isVisible(), 'whoever signs all others out is asked first');
  await page.getByRole('dialog').getByRole('button', { name: 'Log out other devices' }).click();
  await own.getByLabel('WMID, phone, or email').waitFor();
  ok('a device whose session is ended elsewhere is signed out while it is open');
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.getByLabel('WMID, phone, or email').waitFor();
  await page.reload();
  await page.getByLabel('WMID, phone, or email').waitFor();
  ok('who has logged out stays logged out');
  await page.context().close();
  forgive(house, /status of 401/); // what the ended session still asked
  await place(other, 'Home');
  await other.getByTestId('wallet').first().waitFor();
  ok('nobody else is touched by it');
}

// refused types a password that the server knows, and mends it.
async function refused(page, password, again) {
  await page.getByRole('checkbox').first().waitFor(); // the agreements come from the server
  await password.fill('password1');
  await again.fill('password1');
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await create(page);
  const guessed = page.getByText('easy to guess');
  await guessed.waitFor();
  await password.fill('a sentence of some length');
  await guessed.waitFor({ state: 'detached' });
  for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
  ok('a refused password is refused no more when it is another one');
}
