// People: contacts, and who is blocked.
import { dialog, dismiss, fill, go, ONCE, press, submit, told } from './acts.mjs';

export const contacts = {
  ...ONCE,
  begin: (w) => w.enter('anna', '/contacts'),
  screens: {
    'contacts': ({ page }) => page.getByTestId('contact').nth(1).waitFor(),
    'contacts-add': async ({ page, t }) => {
      await press(page, t.addContact);
      await fill(page, { 'contact-to': '+79000000001', 'contact-name': 'Ольга из бухгалтерии' });
    },
    'contacts-add-mistyped': async ({ page, t }) => {
      await fill(page, { 'contact-to': 'Z123456789012' });
      await told(page, t.numberMistyped);
      return { after: () => dismiss(page) };
    },
    'contacts-menu': async ({ page, t }) => {
      await more(page, t, 'Эмилия');
      return { after: () => page.keyboard.press('Escape') };
    },
    'contacts-rename': async ({ page, t }) => {
      await more(page, t, 'Эмилия', t.rename);
      await dialog(page).waitFor();
      return { after: () => dismiss(page) };
    },
    'contacts-block': async ({ page, t }) => {
      await more(page, t, 'Эмилия', t.block);
      await dialog(page).waitFor();
    },
    'contacts-blocked': async ({ page, t }) => {
      await dialog(page).getByRole('button', { name: t.block, exact: true }).click();
      await told(page, t.blocked.split('{{name}}')[1].trim());
    },
    'settings-blocked': async ({ page }) => {
      await go(page, '/settings/blocked');
      await page.getByTestId('blocked').waitFor();
    },
    'settings-unblocked': async ({ page, t }) => {
      await page.getByTestId('blocked').getByRole('button').click();
      await told(page, t.blockedNone);
    },
    'contacts-suggested': async ({ page, t }) => {
      await go(page, '/contacts');
      await more(page, t, 'Boris', t.remove);
      await page.getByTestId('suggested').first().waitFor();
      return { after: () => again(page, t) };
    },
  },
};

// more opens what can be done with a contact, and does one of it.
async function more(page, t, who, deed) {
  await page.getByTestId('contact').filter({ hasText: who }).getByRole('button', { name: new RegExp(`^${t.more}`) }).click();
  await page.getByRole('menuitem').first().waitFor();
  if (deed) await page.getByRole('menuitem', { name: deed, exact: true }).click();
}

async function again(page, t) {
  await page.getByTestId('suggested').filter({ hasText: 'Boris' }).getByRole('button').click();
  await fill(page, { 'contact-name': 'Боря' });
  await submit(page);
  await page.getByTestId('contact').nth(1).waitFor();
}
