// What has moved: the home screen, money that arrives, the history, and lists that go on.
import { base } from '../lib.mjs';
import { go, loses, ONCE, press, told } from './acts.mjs';

const rowsOf = (page) => page.getByTestId('transfer').first().waitFor();
const enter = (w) => w.enter('anna');

export const home = {
  ...ONCE,
  begin: enter,
  screens: {
    'home-alerts': ({ page }) => page.getByTestId('alerts').waitFor(),
    'home': async ({ page, t }) => {
      await press(page, t.alertsOk);
      await page.getByTestId('alerts').waitFor({ state: 'detached' });
      await rowsOf(page);
    },
  },
};

export const coming = {
  begin: async (w) => (await w.newcomer()).enter(w.open),
  screens: {
    'home-arrival': async (w) => {
      const { anna: payer, wallets } = await w.scene();
      await w.page.goto(`${base}/wallets`);
      await w.page.evaluate(() => { // what is told for some seconds stays for the pictures
        const later = window.setTimeout;
        window.setTimeout = (body, ms, ...rest) => later(body, ms === 6_000 ? 600_000 : ms, ...rest);
      });
      await press(w.page, w.t.openWallet);
      await w.page.getByRole('dialog').locator('button[type=submit]').click();
      const number = (await w.page.getByTestId('wallet').innerText()).match(/[A-Z](\s\d{4}){3}/)[0].replace(/\s/g, '');
      await go(w.page, '/');
      await payer.pay({ walletNumber: number }, '25', { from: wallets.annas, memo: 'Добро пожаловать' });
      await told(w.page, /\+25[.,]00/);
      await rowsOf(w.page);
    },
  },
};

// anew comes to the history with nothing looked for.
async function anew(page) {
  await page.goto(base);
  await go(page, '/history');
}

export const history = {
  begin: enter,
  screens: {
    'history': async ({ page }) => {
      await go(page, '/history');
      await rowsOf(page);
    },
    'history-filters': async ({ page, t }) => {
      await anew(page);
      await press(page, t.filters);
      await page.getByRole('combobox', { name: t.status }).click();
      await page.getByRole('option', { name: t.status_PROTECTED }).click();
      await rowsOf(page);
    },
    'history-nothing': async ({ page, t }) => {
      await anew(page);
      await page.getByPlaceholder(t.search).fill('nothing like it');
      await told(page, t.filterNothing);
    },
    'history-days-reversed': async ({ page, t }) => {
      await anew(page);
      await press(page, t.filters);
      await page.getByLabel(t.fromDay, { exact: true }).fill('2026-02-01');
      await page.getByLabel(t.untilDay, { exact: true }).fill('2026-01-01');
      await told(page, t.daysReversed);
    },
    'settings-refused': async ({ page }) => {
      await go(page, '/settings/refused');
      await page.getByTestId('refused').first().waitFor();
    },
  },
};

// rows are more than a page.
export const rows = {
  ...ONCE,
  begin: (w) => w.enter('boris', '/history'),
  screens: {
    'history-rows': ({ page }) => page.getByTestId('transfer').nth(19).waitFor(),
    'history-rows-lost': async ({ page, t }) => {
      const restore = await loses(page, 'History');
      await press(page, t.loadMore);
      await told(page, t.failedNetwork);
      await restore();
    },
    'history-rows-all': async ({ page, t }) => {
      await press(page, t.loadMore);
      await page.getByTestId('transfer').nth(24).waitFor();
    },
    'wallet-rows': async (w) => {
      await go(w.page, `/wallets/${(await w.scene()).wallets.boriss}`);
      await w.page.getByTestId('entry').nth(19).waitFor();
    },
  },
};
