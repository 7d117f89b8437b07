// How a person gets back into the web app who has lost the password.
import { check, ok, soon } from './lib.mjs';
import { arrives, asks, loses } from './keeper-entry.mjs';
import { asksFor, code, drawn, forgive, holdAnswer, newest, passing } from './keeper-lib.mjs';

// recover has lost the password, and loads the page anew in the middle, or goes back.
export async function recover({ house, own: page, me, name }) {
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await arrives(page, 'Recover access', 'Step 1 of 3'); // the log-in has a field of the same name
  await page.getByLabel('WMID, phone, or email').fill(me.email);
  const counts = passing(page.getByRole('button', { name: /^New code in \d+ s$/ }));
  const first = await code(me.phone, () => page.getByRole('button', { name: 'Continue' }).click());
  await asks(page, 'Enter the code', 'Step 2 of 3', 'If there is such an account');
  await counts;
  const before = name === 'desk' ? await backFromTheCode(page, me, first) : first;
  if (name !== 'desk') {
    await page.reload();
    await page.getByText('so start again').waitFor();
  }
  await soon(() => page.getByLabel('WMID, phone, or email').inputValue(), me.email, 'a recovery that begins anew knows whose it is');
  await page.getByRole('button', { name: 'Continue' }).click();
  const digits = await newest(me.phone, before);
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'recovery');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await arrives(page, 'New password', 'Step 3 of 3');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Enter your answer.').waitFor();
  await page.waitForFunction(() => document.activeElement.name === 'securityAnswer');
  ok('and what is missing in its last step');
  await page.getByLabel('Which street?').fill('lime street');
  me.password = `another sentence ${me.serial}`;
  await page.getByLabel('New password').fill(me.password);
  await page.getByLabel('Password again').fill(me.password);
  if (name === 'tablet') await saveAndHearNothing(house, page);
  else await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=password]').fill(me.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=code]').fill(await newest(me.phone, digits));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  ok('access is recovered with a code, the answer and a new password');
}

// backFromTheCode goes back from the code of a recovery, impatiently, out of it, and once more while the code is on its way. It returns the last code.
async function backFromTheCode(page, me, first) {
  const begins = () => page.getByRole('heading', { name: 'Recover access', level: 1 }).waitFor();
  const stepIsThere = () => page.waitForFunction(() => history.state?.usr?.step);
  await stepIsThere();
  await page.getByRole('button', { name: 'Back' }).evaluate((back) => { back.click(); back.click(); });
  await begins();
  await drawn(page);
  check(new URL(page.url()).pathname === '/recovery', 'who goes back from the code of a recovery is at its beginning, however impatient');
  await page.goBack();
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await begins();
  check((await page.getByText('so start again').count()) === 0, 'and told of no reload that there was not');
  await page.getByLabel('WMID, phone, or email').fill(me.email);
  await page.getByRole('button', { name: 'Continue' }).click();
  const second = await newest(me.phone, first);
  await page.locator('[name=code]').fill(second);
  await stepIsThere();
  const late = await holdAnswer(page, '**/graphql', asksFor('VerifyRecovery'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await late.reached;
  await page.goBack();
  await begins();
  await late.letGo();
  await drawn(page);
  check(await page.getByRole('heading', { name: 'Recover access', level: 1 }).isVisible(), 'a code that is accepted late takes nobody from where they have gone back to');
  return second;
}

// saveAndHearNothing repeats what was done without an answer.
async function saveAndHearNothing(house, page) {
  const wasLost = await loses(page, 'CompleteRecovery', { served: true });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('most likely it worked').waitFor();
  await wasLost();
  forgive(house, /ERR_FAILED/);
  ok('a recovery whose answer was lost is said to be done, most likely');
}
