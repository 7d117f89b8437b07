// node passkeys.mjs <baseURL>: passkeys as Chromium makes them and signs with them, on pages of the server. The base must be a name:
// passkeys belong to no number.
import { authenticator, runInBrowser } from './browser.mjs';
import { call, check, nextMessage, ok, register } from './lib.mjs';

const pathOf = (link) => link.replace(/^https?:\/\/[^/]+/, '');

await runInBrowser(async (house) => {
  const { letter, password, accessToken } = await register();
  const page = await house.open('/verify-email');
  const finger = await authenticator(page);

  const made = await call('StartPasskey', { input: { currentPassword: password } }, accessToken);
  const credential = await create(page, made.ceremony.options);
  const added = await call('FinishPasskey', { input: { ceremonyId: made.ceremony.id, name: 'Chromium', credential } }, accessToken);
  check(added.passkey.name === 'Chromium' && added.backupCodes.length === 10, 'Chromium makes a passkey, and backup codes come with it');
  const twice = await call('StartPasskey', { input: { currentPassword: password, code: added.backupCodes[0] } }, accessToken);
  check(await refused(() => create(page, twice.ceremony.options)), 'one device makes no second passkey for an account');

  const { challenge } = await call('LogIn', { input: { login: letter.to, password } });
  check(challenge.method === 'PASSKEY', 'a log-in asks for it');
  const confirmed = await call('ConfirmLogIn', { input: { challengeId: challenge.id, assertion: await get(page, challenge.assertionOptions) } });
  check(confirmed.tokens.accessToken, 'it opens the account beside the password');

  const { ceremony } = await call('StartPasskeyLogIn');
  const opened = await call('FinishPasskeyLogIn', { input: { ceremonyId: ceremony.id, credential: await get(page, ceremony.options) } });
  check(opened.tokens.accessToken, 'it opens the account without a password and without a login');

  await finger.send('WebAuthn.setUserVerified', { authenticatorId: finger.id, isUserVerified: false });
  const again = await call('StartPasskeyLogIn');
  check(await refused(() => get(page, again.ceremony.options)), 'without the finger it signs nothing');
  await page.context().close();

  await checkLostPhone(house);
});

// checkLostPhone answers the page of a lost phone with a passkey in place of a code.
async function checkLostPhone(house) {
  const login = 'boris@purser.test';
  const { message: sms, result } = await nextMessage('+79000000003', (m) => m.code, () =>
    call('LogIn', { input: { login, password: 'demo-password' } }),
  );
  check(result.challenge.method === 'SMS' && result.challenge.assertionOptions === null, 'who has no passkey gets a code');
  const { tokens } = await call('ConfirmLogIn', { input: { challengeId: result.challenge.id, code: sms.code } });

  const { message: letter } = await nextMessage(login, (m) => m.link, () => call('StartLostPhone', { login }));
  const page = await house.open('/verify-email');
  await authenticator(page);
  const made = await call('StartPasskey', { input: { currentPassword: 'demo-password' } }, tokens.accessToken);
  const credential = await create(page, made.ceremony.options);
  await call('FinishPasskey', { input: { ceremonyId: made.ceremony.id, name: 'Laptop', credential } }, tokens.accessToken);

  await page.goto(new URL(pathOf(letter.link), page.url()).href);
  await page.getByLabel('What is this demo called?').fill('Purser');
  await page.getByText('leave it empty to use a passkey').waitFor();
  await house.accessible(page, 'the page of a lost phone, with a passkey');
  await page.getByRole('button', { name: 'Answer' }).click();
  await page.locator('#outcome.good').getByText('you can set a new phone').waitFor();
  ok('a passkey answers for the owner of a lost phone');
}

function create(page, options) {
  return page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(json));
    return JSON.stringify((await navigator.credentials.create({ publicKey })).toJSON());
  }, options);
}

function get(page, options) {
  return page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(json));
    return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
  }, options);
}

// refused tells whether the browser itself says no.
function refused(action) {
  return action().then(() => false, (reason) => /NotAllowedError|InvalidStateError/.test(String(reason)));
}
