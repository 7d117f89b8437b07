// Wallets: none, one, many; and what is done with one.
import { base } from '../lib.mjs';
import { answers, dialog, dismiss, go, ONCE, open, pick, submit, told } from './acts.mjs';

const at = (path, text = 'noWallets') => async ({ page, t }) => {
  await go(page, path);
  await told(page, t[text]);
};

// toPay comes with a payment link.
const toPay = (text) => async (w) => {
  const { emilia } = await w.scene();
  const { link } = await emilia.ask('PaymentLink', { walletNumber: emilia.wallets[0], amount: '20' });
  await go(w.page, `/wallets#pay=${new URLSearchParams(new URL(link.url).hash.slice(1)).get('token')}`);
  await told(w.page, w.t[text].split(/\s*{{/)[0]);
};

// empty is what a new person finds.
export const empty = {
  begin: async (w) => (await w.newcomer()).enter(w.open),
  screens: {
    'home-none': at('/'), 'wallets-none': at('/wallets'), 'send-none': at('/send'), 'receive-none': at('/receive'), 'history-none': at('/history', 'noTransfers'),
    'contacts-none': at('/contacts', 'contactsEmpty'), 'settings-limits-none': at('/settings/limits'), 'settings-refused-none': at('/settings/refused', 'refusedNone'),
    'settings-blocked-none': at('/settings/blocked', 'blockedNone'), 'settings-agreements-none': at('/settings/agreements', 'agreementsNone'),
    'wallets-to-pay': toPay('payFirstIn'),
  },
};

// beginning opens the first wallet.
export const beginning = {
  ...ONCE,
  begin: async (w) => (await w.newcomer()).enter(w.open, '/wallets'),
  screens: {
    'wallets-open': async ({ page, t }) => {
      await open(page, t.openWallet);
      await dialog(page).locator('input').last().fill('На каждый день');
    },
    'wallets-open-currency': async ({ page }) => {
      await dialog(page).locator('input').first().click();
      await page.getByRole('option').first().waitFor();
      return { after: () => page.getByRole('option').first().click() };
    },
    'wallets-one': async ({ page }) => {
      await submit(page);
      await page.getByTestId('wallet').waitFor();
    },
    'home-one': async ({ page }) => {
      await go(page, '/');
      await page.getByTestId('wallet').waitFor();
    },
    'wallets-one-to-pay': toPay('payGo'),
    'receive': async ({ page, t }) => {
      await go(page, '/receive');
      await page.getByAltText(t.qrAlt).waitFor();
    },
    'receive-link': async ({ page, t }) => {
      await page.evaluate(() => (navigator.share = async () => {})); // as a phone has it
      await page.getByLabel(t.askFor).fill('12.50');
      await page.getByLabel(t.memo).fill('За обед и за билеты на электричку туда и обратно');
      await submit(page);
    },
    'receive-refused': async ({ page, t }) => {
      await page.getByLabel(t.askFor).fill('12.505');
      await submit(page);
      await page.locator('[aria-invalid=true]').waitFor();
    },
    'wallet-empty': async ({ page, t }) => {
      await go(page, '/wallets');
      await page.getByTestId('wallet').click();
      await told(page, t.noEntries);
    },
  },
};

const show = (page, number) => go(page, `/wallets/${number}`).then(() => page.getByTestId('wallet').waitFor());

export const wallets = {
  begin: async (w) => {
    const page = await w.enter('anna');
    w.of = (await w.scene()).wallets;
    return page;
  },
  screens: {
    'wallets': async ({ page }) => {
      await go(page, '/wallets');
      await page.getByTestId('wallet').nth(4).waitFor();
    },
    'wallet': async ({ page, of }) => {
      await show(page, of.annas);
      await page.getByTestId('entry').first().waitFor();
    },
    'wallet-period': async ({ page, of, t }) => {
      await show(page, of.annas);
      await pick(page, t.download, t.filePeriod);
      await page.getByLabel(t.fromDay, { exact: true }).fill('2026-02-01');
      await page.getByLabel(t.untilDay, { exact: true }).fill('2026-01-01');
      await told(page, t.daysReversed);
    },
    'wallet-not-downloaded': async ({ page, of, t }) => {
      await show(page, of.annas);
      await page.route(/\.pdf/, (route) => route.abort());
      await pick(page, t.download, t.statementAs.replace('{{kind}}', 'PDF'));
      await told(page, t.notDownloaded);
      await page.unroute(/\.pdf/);
    },
    'wallet-rename': async ({ page, of, t }) => {
      await show(page, of.annas);
      await pick(page, `${t.more}:`, t.rename);
      return { after: () => dismiss(page) };
    },
    'wallet-close-not-empty': async ({ page, of, t }) => {
      await show(page, of.second);
      await pick(page, `${t.more}:`, t.closeWallet);
      return { after: () => dismiss(page) };
    },
    'wallet-close': async ({ page, of, t }) => {
      await show(page, of.empty);
      await pick(page, `${t.more}:`, t.closeWallet);
      return { after: () => dismiss(page) };
    },
    'wallet-close-refused': async ({ page, of, t }) => {
      const honestly = await answers(page, 'WalletPage', ({ viewer }) => void (viewer.wallet.balance.amount = '0.00')); // it was, when it was looked at
      await show(page, of.second);
      await pick(page, `${t.more}:`, t.closeWallet);
      await honestly();
      await dialog(page).getByRole('button', { name: t.closeWallet, exact: true }).click();
      await told(dialog(page), t.sendTheMoney);
      return { after: () => dismiss(page) };
    },
    'wallet-closed': ({ page, of }) => show(page, of.closed),
    'wallet-of-nobody': async ({ page, of, t }) => {
      await page.goto(`${base}/wallets/${of.boriss}`);
      await told(page, t.notFound);
    },
    'wallet-mistyped': async ({ page }) => {
      await page.goto(`${base}/wallets/none`);
      await page.locator('[role=alert], h1').first().waitFor();
    },
  },
};
