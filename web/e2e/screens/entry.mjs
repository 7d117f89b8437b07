// Getting in: the log-in and the registration.
import { anna, code, newPerson } from '../keeper-lib.mjs';
import { base } from '../lib.mjs';
import { another, answers, breaks, dialog, dismiss, fill, go, holds, invalid, loses, ONCE, press, submit, told } from './acts.mjs';

// asked comes to the code of a log-in as it is when something about it is otherwise.
async function asked(page, otherwise) {
  const honestly = await answers(page, 'LogIn', ({ logIn: { challenge } }) => void Object.assign(challenge, otherwise));
  await fill(page, { login: anna.login, password: anna.password });
  await submit(page);
  await page.locator('[name=code]').waitFor();
  await honestly();
}

export const logIn = {
  ...ONCE,
  begin: ({ open }) => open('/login'),
  screens: {
    'login': ({ page }) => page.locator('[name=login]').waitFor(),
    'login-refused': async ({ page }) => {
      await fill(page, { login: anna.login, password: 'wrong password' });
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'login-passkey-refused': async ({ page, t }) => {
      await page.evaluate(() => (navigator.credentials.get = () => Promise.reject(new Error('no finger'))));
      await press(page, t.logInWithPasskey);
      await told(page, t.passkeyFailed);
    },
    'login-to-pay': async ({ page, t }) => {
      await page.goto(`${base}/#pay=brought-along`);
      await told(page, t.payKept);
    },
    'login-code-undelivered': async ({ page, t }) => {
      await asked(page, { delivery: 'ABANDONED', resendAt: new Date().toISOString() });
      await told(page, t.codeLost);
      return { after: () => press(page, t.back) };
    },
    'login-code-of-app': async ({ page, t }) => {
      await asked(page, { method: 'TOTP', sentTo: null });
      await told(page, t.codeFromApp);
      return { after: () => press(page, t.back) };
    },
    'login-code': async (w) => {
      w.digits = await code(anna.phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
    },
    'login-code-wrong': async ({ page, digits }) => {
      await fill(page, { code: another(digits) });
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'login-lost': async ({ page, t, digits }) => {
      await page.route('**/web/session', (route) => route.abort());
      await fill(page, { code: digits });
      await submit(page);
      await told(page, t.enteringLost);
      return { waits: true };
    },
  },
};

const profileOf = (me) => ({ firstName: me.firstName, lastName: 'Константинопольская', birthDate: '1990-02-03', email: me.email, securityQuestion: 'Which street?', securityAnswer: 'Lime Street' });

export const register = {
  ...ONCE,
  begin: async (w) => {
    w.me = newPerson('Эмилия');
    return w.open('/register');
  },
  screens: {
    'register-phone': ({ page }) => page.locator('[name=phone]').waitFor(),
    'register-phone-country': async ({ page, t }) => {
      await page.getByRole('combobox', { name: t.country }).click();
      await page.getByRole('option').first().waitFor();
      return { after: () => page.keyboard.press('Escape') };
    },
    'register-phone-refused': async ({ page }) => {
      await fill(page, { phone: '+7 902 12' });
      await submit(page);
      await invalid(page, 'phone');
    },
    'register-profile': async ({ page, me }) => {
      await fill(page, { phone: me.phone });
      await submit(page);
      await page.locator('[name=firstName]').waitFor();
    },
    'register-profile-refused': async ({ page, me }) => {
      await fill(page, { ...profileOf(me), birthDate: '2024-02-03' });
      await submit(page);
      await invalid(page, 'birthDate');
    },
    'register-number-anew': async ({ page, t }) => {
      await press(page, t.changeNumber);
      await told(page, t.numberAnew);
      return { after: () => page.getByRole('button', { name: t.keepNumber.split('{{')[0] }).click() };
    },
    'register-code': async (w) => {
      await fill(w.page, profileOf(w.me));
      w.digits = await code(w.me.phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
    },
    'register-code-wrong': async ({ page, digits }) => {
      await fill(page, { code: another(digits) });
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'register-resumed': async ({ page, t }) => {
      await page.reload();
      await page.locator('[name=code]').waitFor();
      await told(page, t.resume);
    },
    'register-profile-hidden': async ({ page, t }) => {
      await press(page, t.back);
      await told(page, t.profileKept);
      return { after: () => press(page, t.continue) };
    },
    'register-agreements-waiting': async (w) => {
      w.answer = await holds(w.page, 'Agreements', breaks);
      await fill(w.page, { code: w.digits });
      await submit(w.page);
      await told(w.page, w.t.agreementsLoading);
      return { waits: true };
    },
    'register-agreements-failed': async ({ page, t, answer }) => {
      await answer();
      await told(page, t.agreementsFailed);
    },
    'register-password': async ({ page, t }) => {
      await press(page, t.retry);
      await page.getByRole('checkbox').first().waitFor();
    },
    'register-password-missing': async ({ page, t }) => {
      await press(page, t.register);
      await told(page, t.passwordMissing);
    },
    'register-passwords-differ': async ({ page, me, t }) => {
      await fill(page, { 'new-password': me.password, 'new-password-again': 'something else' });
      await told(page, t.passwordsDiffer);
    },
    'register-agreement': async ({ page }) => {
      await page.getByTestId('agreement').first().click();
      await dialog(page).waitFor();
      return { after: () => dismiss(page) };
    },
    'register-lost': async (w) => {
      w.restore = await loses(w.page, 'CompleteRegistration');
      await fill(w.page, { 'new-password-again': w.me.password });
      for (const box of await w.page.getByRole('checkbox').all()) await box.check();
      await submit(w.page);
      await told(w.page, w.t.completeLost);
      return { waits: true };
    },
    'register-wmid': async ({ page, restore }) => {
      await restore();
      await page.getByTestId('wmid').waitFor();
    },
  },
};

// registered are the ways on which a registration does not begin, or not end, as it should.
export const registered = {
  screens: {
    'register-waiting': async (w) => {
      w.page = await w.open('/login');
      await w.page.route('**/web/registration', () => {});
      await go(w.page, '/register');
      await w.page.locator('main h1').waitFor();
      return { waits: true };
    },
    'register-no-answer': async (w) => {
      w.page = await w.open('/login');
      await w.page.route('**/web/registration', (route) => route.abort());
      await go(w.page, '/register');
      await told(w.page, w.t.failedNetwork);
    },
    'register-gone': async (w) => {
      w.page = await w.open('/login');
      await w.page.evaluate(() => localStorage.setItem('keeper.begun.registration', 'yes'));
      await go(w.page, '/register');
      await told(w.page, w.t.registrationGone);
    },
    'register-known': async (w) => {
      const page = (w.page = await w.open('/register'));
      await fill(page, { phone: anna.phone });
      await submit(page);
      await page.locator('[name=firstName]').waitFor();
      await fill(page, profileOf({ ...newPerson('Анна') }));
      const digits = await code(anna.phone, () => submit(page));
      await fill(page, { code: digits });
      await submit(page);
      await told(page, w.t.phoneKnownTitle);
    },
    'register-either': async (w) => {
      await registered.screens['register-known'](w);
      await w.page.reload();
      await told(w.page, w.t.accountThere.split('{{phone}}')[1].trim());
    },
  },
};
