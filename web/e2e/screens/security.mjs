// What guards an account: devices, second factors, the log, and the freeze.
import { authenticator } from '../browser.mjs';
import { code } from '../keeper-lib.mjs';
import { base } from '../lib.mjs';
import { answers, dialog, dismiss, fill, go, ONCE, open, press, submit, told } from './acts.mjs';

async function begin(w) {
  w.me = await w.newcomer();
  const page = await w.me.enter(w.open, '/security');
  await page.getByTestId('session').first().waitFor();
  return page;
}

export const security = {
  ...ONCE,
  begin,
  screens: {
    'security': ({ page }) => page.getByTestId('session').first().waitFor(),
    'security-passkey': ({ page, t }) => open(page, t.addPasskey),
    'security-passkey-refused': async ({ page, t, me }) => {
      await page.evaluate(() => {
        const make = navigator.credentials.create;
        navigator.credentials.create = () => {
          navigator.credentials.create = make; // the next time it is done
          return Promise.reject(new Error('no finger'));
        };
      });
      await fill(page, { 'current-password': me.password, 'passkey-name': 'Рабочий ноутбук с отпечатком пальца и запасной ключ на связке' });
      await submit(page);
      await told(page, t.passkeyNotAdded);
    },
    'security-backup-codes': async ({ page, t }) => {
      await authenticator(page);
      await submit(page);
      await page.getByTestId('backup-codes').waitFor();
      return { after: () => press(page, t.codesSaved).then(() => dialog(page).waitFor({ state: 'detached' })) };
    },
    'security-passkeys': ({ page }) => page.getByTestId('passkey').waitFor(),
    'security-passkey-remove': async ({ page }) => {
      await page.getByTestId('passkey').getByRole('button').click();
      await dialog(page).waitFor();
      return { after: () => dismiss(page) };
    },
    'security-app-of-who-has-a-passkey': ({ page, t }) => open(page, `${t.authenticator}: ${t.turnOn}`),
  },
};

// watched is a second newcomer, who takes an app, and has many devices.
export const watched = {
  ...ONCE,
  begin,
  screens: {
    'security-app': ({ page, t }) => open(page, `${t.authenticator}: ${t.turnOn}`),
    'security-app-code': async ({ page, me }) => {
      await fill(page, { 'current-password': me.password });
      await submit(page);
      await page.locator('[name=first-code]').waitFor();
    },
    'security-app-code-wrong': async ({ page }) => {
      await fill(page, { 'first-code': '000000' });
      await submit(page);
      await page.getByRole('alert').waitFor();
      return { after: () => dismiss(page) };
    },
    'security-app-on': async (w) => {
      w.honestly = await answers(w.page, 'Security', ({ viewer }) => void Object.assign(viewer.secondFactors, { totp: true, backupCodesLeft: 7 }));
      await w.page.goto(`${base}/security`);
      await told(w.page, w.t.backupCodesLeft.replace('{{count}}', '7'));
    },
    'security-codes-renew': async ({ page, t }) => {
      await open(page, t.codesRenew);
      return { after: () => dismiss(page) };
    },
    'security-app-off': async ({ page, t, honestly }) => {
      await open(page, `${t.authenticator}: ${t.turnOff}`);
      return {
        after: async () => {
          await dismiss(page);
          await honestly();
        },
      };
    },
    'security-devices': async (w) => {
      w.page = await w.enter('anna', '/security');
      await w.page.getByTestId('session').nth(1).waitFor();
    },
  },
};

export const frozen = {
  ...ONCE,
  begin,
  screens: {
    'security-frozen': async ({ page, t }) => {
      await press(page, t.freeze);
      await told(page, t.frozen);
    },
    'home-frozen': async ({ page, t }) => {
      await go(page, '/');
      await told(page, t.frozen);
    },
    'security-unfreeze': async (w) => {
      await go(w.page, '/security');
      w.digits = await code(w.me.phone, () => press(w.page, w.t.unfreeze));
      await dialog(w.page).locator('[name=code]').waitFor();
    },
    'security-unfreeze-wrong': async ({ page, digits }) => {
      await fill(page, { code: digits === '000000' ? '000001' : '000000' });
      await submit(page);
      await dialog(page).getByRole('alert').waitFor();
      return { after: () => dismiss(page) };
    },
    'security-frozen-by-operator': async ({ page, t }) => {
      await answers(page, 'Security', ({ viewer }) => void (viewer.frozenByOperator = true));
      await page.goto(`${base}/security`);
      await told(page, t.frozenBySupport);
    },
  },
};
