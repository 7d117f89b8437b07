// What a person changes about themselves: what proves who they are, what is known about them, and whether they stay.
import { base, check, nextMessage, ok, soon } from './lib.mjs';
import { asksFor, button, code, drawn, go, holdAnswer, newest, PHONE, place, stepIsThere } from './keeper-lib.mjs';

const fresh = String(Date.now() + 1).slice(-7);

// follow opens the link of a letter in a window of its own, and confirms.
export async function follow(page, link) {
  const letter = await page.context().newPage();
  await letter.goto(link.replace(/^https?:\/\/[^/]+/, base));
  await letter.locator('#confirm').click();
  await letter.locator('#outcome.good').waitFor();
  await letter.close();
}

export async function confirmAndChangeEmail(house, page, ema) {
  await go(page, 'Email');
  await page.getByText('not confirmed yet').waitFor();
  const { message: again } = await nextMessage(ema.email, (m) => m.link.includes('verify-email'), () => button(page, 'Send the email again').click());
  await page.getByText('We sent the email again.').waitFor();
  await house.accessible(page, 'the e-mail, not confirmed');
  await follow(page, again.link);
  await page.reload();
  await page.getByText('confirmed', { exact: true }).waitFor();
  ok('an e-mail is confirmed by the letter that was sent again');

  const address = `new-${ema.email}`;
  await page.locator('[name=newEmail]').fill(address);
  await page.locator('[name=currentPassword]').fill('wrong sentence');
  await button(page, 'Send the email').click();
  await page.getByText('The current password is wrong').waitFor();
  await soon(() => page.locator('[name=currentPassword]').getAttribute('aria-invalid'), 'true', 'a wrong password is told at its field');
  await page.locator('[name=currentPassword]').fill(ema.password);
  const { message } = await nextMessage(address, (m) => m.link.includes('verify-email'), () => button(page, 'Send the email').click());
  await page.getByText(`We sent an email to ${address}`).waitFor();
  await page.reload();
  await page.getByText(`We sent an email to ${address}`).waitFor();
  await house.accessible(page, 'a new e-mail that waits');
  await house.shot('account-email', page);
  await follow(page, message.link);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))); // who comes back to the tab
  await page.getByText(`Your email is now ${address}.`).waitFor();
  ema.email = address;
  ok('an e-mail changes when the link of the letter was opened');
}

export async function changePassword(house, page, ema) {
  await go(page, 'Password');
  await page.getByText('All other devices will be logged out').waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  await page.locator('[name=new-password]').fill('password1');
  await page.locator('[name=new-password-again]').fill('password1');
  await button(page, 'Change password').click();
  await page.locator('[name=new-password][aria-invalid=true]').waitFor();
  ok('a weak password is refused at its field');
  const wanted = `${ema.password} and more`;
  await page.locator('[name=new-password]').fill(wanted);
  await page.locator('[name=new-password-again]').fill(wanted);
  await page.getByText('Strength: strong').waitFor();
  await house.accessible(page, 'a new password');
  await house.shot('account-password', page);
  await button(page, 'Change password').click();
  await page.getByText('Your password is changed.').waitFor();
  ema.password = wanted;
  const answer = await fetch(`${base}/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${ema.accessToken}` }, body: JSON.stringify({ query: '{ viewer { wmid } }' }),
  });
  check(answer.status === 401, 'with a new password the session of the other device is gone');
  await page.goto(`${base}/security`);
  await page.getByText('No other devices are logged in.').waitFor();
}

export async function changeQuestion(house, page, ema) {
  await go(page, 'Security question');
  await page.getByText('Which street?').waitFor();
  await page.locator('[name=question]').fill('Which tree?');
  await page.locator('[name=answer]').fill('The old lime');
  await page.locator('[name=currentPassword]').fill(ema.password);
  await house.accessible(page, 'the security question');
  await button(page, 'Save').click();
  await page.getByText('Your security question is changed.').waitFor();
  await page.getByText('Which tree?').waitFor();
  ok('the security question is changed');
}

export async function changePhone(house, page, ema) {
  const phone = `+7903${fresh}`;
  await go(page, 'Phone');
  await page.getByText('We’ll send two codes').waitFor();
  await page.locator('[name=newPhone]').fill(phone);
  await page.locator('[name=currentPassword]').fill(ema.password);
  await house.accessible(page, 'a new phone');
  await house.shot('account-phone', page);
  const { message: toOld, result: toNew } = await nextMessage(ema.phone, (m) => m.code, () => code(phone, () => button(page, 'Send both codes').click()));
  await page.locator('[name=oldPhoneCode]').waitFor(); // the codes may be there before the answer is
  await page.reload();
  await page.locator('[name=oldPhoneCode]').fill(toOld.code);
  await page.locator('[name=newPhoneCode]').fill(toNew === '000000' ? '000001' : '000000');
  await button(page, 'Confirm').click();
  await page.locator('[name=newPhoneCode][aria-invalid=true]').waitFor();
  ok('a wrong code of the two is told at its field, after a reload too');
  await house.accessible(page, 'both codes');
  await house.shot('account-phone-codes', page);
  await page.locator('[name=newPhoneCode]').fill(toNew);
  await button(page, 'Confirm').click();
  await page.getByText(`Your phone is now ${phone.replace(/^\+7(\d{3})(\d{3})(\d\d)(\d\d)$/, '+7 ($1) $2\u2011$3\u2011$4')}.`).waitFor();
  check((await page.locator('[name=newPhone]').count()) === 0, 'what is done stands in place of its form');
  ema.phone = phone;
  ok('a phone is changed with the codes of both');
}

export async function askForData(house, page, ema) {
  await go(page, 'A copy of your data');
  await page.getByText(`We’ll send the link to ${ema.email}.`).waitFor();
  const { message } = await nextMessage(ema.email, (m) => m.link.includes('/data-export#'), () => button(page, 'Request a copy').click());
  check(message.link, 'the letter with the link to the data comes');
  await page.reload();
  await page.getByText('Your copy is ready, and we emailed you the link.').waitFor();
  await house.accessible(page, 'a copy of the data');
  await house.shot('account-export', page);
  await page.getByText('You can request another after').waitFor();
  check((await button(page, 'Request a copy').isDisabled()) && !(await page.getByText('We’ll send the link to').isVisible()), 'a second copy within a day cannot be asked for, and it is said when');
}

export async function closeAndKeep(house, page, ema) {
  await go(page, 'Close account');
  await page.getByText('still holds 1.00 WMZ').waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  await button(page, 'Close account').click();
  await page.getByRole('alert').getByText('1.00 WMZ').waitFor();
  await house.accessible(page, 'closing the account, refused');
  await house.shot('account-close', page);
  ok('an account with money is not closed, and it is said which wallet has it');

  await page.goto(base);
  await page.getByTestId('transfer').first().click();
  await page.getByRole('button', { name: /^Send back/ }).click();
  await page.getByRole('button', { name: 'Send back', exact: true }).click();
  await page.getByText('Sent back', { exact: true }).waitFor();
  await place(page, 'Home');
  await page.getByTestId('transfer').filter({ hasText: 'Refund · Anna' }).first().waitFor();
  ok('what was sent back is called so in a list');
  await go(page, 'Close account');
  await page.getByText('not done').waitFor({ state: 'detached' });
  await page.getByText('done', { exact: true }).waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  const first = await code(ema.phone, () => button(page, 'Close account').click());
  await stepIsThere(page);
  await button(page, 'Cancel').evaluate((cancel) => { cancel.click(); cancel.click(); });
  await soon(() => page.locator('[name=currentPassword]').inputValue(), ema.password, 'who calls off the code of a closing is at its form');
  await button(page, 'Close account').click();
  await page.locator('[name=code]').fill(await newest(ema.phone, first));
  const late = await holdAnswer(page, '**/graphql', asksFor('CloseAccount'));
  await button(page, 'Close account').click();
  await late.reached;
  await page.waitForFunction(() => !history.state?.usr?.step); // the account's news is there before the answer
  await place(page, 'Send');
  await page.getByRole('heading', { name: 'Send', level: 1 }).waitFor();
  await page.evaluate(() => addEventListener('popstate', () => (window.wentBack = true)));
  await late.letGo();
  await page.getByTestId('closing').waitFor();
  await drawn(page);
  check(new URL(page.url()).pathname === '/send' && !(await page.evaluate(() => window.wentBack)), 'a late answer takes nobody from where they have gone');
  await page.goto(`${base}/settings/close`);
  await page.getByRole('heading', { name: 'The account is being closed', level: 1 }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'History', exact: true }).filter({ visible: true }).first().click();
  const banner = page.getByTestId('closing');
  await banner.waitFor();
  await house.accessible(page, 'an account that is being closed');
  await house.shot('account-closing', page);
  await banner.getByRole('button', { name: 'Keep the account' }).click();
  await banner.waitFor({ state: 'detached' });
  ok('the closing is told on every screen, and called off');
}

export async function changeProfile(house, page, ema) {
  await go(page, 'About you');
  await page.locator('[name=lastName]').fill('Testerová');
  await page.locator('[name=birthDate]').fill('2024-01-01');
  await page.locator('[name=currentPassword]').fill(ema.password);
  await button(page, 'Save').click();
  await page.locator('[name=birthDate][aria-invalid=true]').waitFor();
  await page.locator('[name=birthDate]').fill('1990-01-02');
  await button(page, 'Save').click();
  await page.getByText('Your name and date of birth are saved.').waitFor();
  await house.accessible(page, 'the profile');
  await house.shot('account-profile', page);
  ok('the profile is changed, and a birth date that cannot be is told at its field');
}

export async function certify(house, page) {
  await go(page, 'Certificates');
  await page.getByRole('button', { name: 'Request: Formal' }).click();
  await button(page, 'Send the request').click();
  await page.getByText('You now have the Formal certificate.').waitFor();
  ok('with a confirmed e-mail the first certificate is issued at once');

  await page.getByRole('button', { name: 'Request: Initial' }).click();
  const upload = page.getByTestId('upload-PASSPORT');
  const file = upload.locator('input[type=file]');
  await file.setInputFiles({ name: 'passport.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') });
  await upload.getByText('Only JPEG and PNG photos are accepted.').waitFor();
  await file.setInputFiles({ name: 'small.png', mimeType: 'image/png', buffer: await page.screenshot({ clip: { x: 0, y: 0, width: 100, height: 100 } }) });
  await upload.getByText('The photo is too small').waitFor();
  check(await button(page, 'Send the request').isDisabled(), 'a file of another kind and a picture that is too small are refused before they are sent');
  await file.setInputFiles({ name: 'passport.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await upload.getByText('Uploaded: passport.png').waitFor();
  await house.accessible(page, 'a picture of a document');
  await house.shot('account-upload', page);
  await button(page, 'Send the request').click();
  await page.getByText('Your request for the Initial certificate is with an operator.').waitFor();
  await page.reload();
  await page.getByText('Your request for the Initial certificate has been with an operator').waitFor();
  await house.accessible(page, 'a request for a certificate that waits');
  await house.shot('account-certificate', page);
  await go(page, 'About you');
  await page.getByText('only support can change these details').waitFor();
  ok('a request with a picture waits for an operator, and the profile is locked');
}

// loseThePhone goes as far as one can without waiting for two days.
export async function loseThePhone(house, ema) {
  const page = await house.open('/recovery', PHONE);
  await page.getByRole('link', { name: 'I lost my phone too' }).click();
  await page.getByText('For two days, the recovery can be stopped').waitFor();
  await house.accessible(page, 'a lost phone');
  await page.locator('[name=login]').fill(ema.email);
  const { message } = await nextMessage(ema.email, (m) => m.link.includes('/recover#'), () => button(page, 'Send the email').click());
  await page.getByText('If there is such an account').waitFor();
  await page.reload();
  await page.locator('[name=link]').fill('https://example.test/');
  await button(page, 'Continue').click();
  await page.getByText('This isn’t the link from our email').waitFor();
  await house.accessible(page, 'the letter about a lost phone');
  await house.shot('account-lost-letter', page);
  await page.locator('[name=link]').fill(message.link);
  await button(page, 'Continue').click();
  await page.getByLabel('Which tree?').fill('A young oak');
  await button(page, 'Continue').click();
  await page.locator('[name=securityAnswer][aria-invalid=true], [role=alert]').first().waitFor();
  ok('a wrong answer does not recover a lost phone');
  await page.locator('[name=securityAnswer]').fill('the old lime');
  await button(page, 'Continue').click();
  await page.getByText('You can set a new phone number from').waitFor();
  await page.reload();
  await page.getByText('You can set a new phone number from').waitFor();
  await house.accessible(page, 'a lost phone, while one waits');
  await house.shot('account-lost-wait', page);
  ok('a lost phone waits for two days, after a reload too');
}
