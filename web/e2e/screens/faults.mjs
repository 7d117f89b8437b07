// What is shown while answers are waited for, where they do not come, and without a network.
import { base } from '../lib.mjs';
import { breaks, go, holds, loses, told } from './acts.mjs';

const enter = (w) => w.enter('anna');
const placed = (page) => page.locator('[aria-busy=true]').first().waitFor();

const waitsFor = (operation, path) => async ({ page }) => {
  const letGo = await holds(page, operation);
  await page.goto(base + path);
  await placed(page);
  return { waits: true, after: letGo };
};

export const waiting = {
  begin: enter,
  screens: {
    'app-waiting': async (w) => {
      const letGo = await holds(w.page, 'Me');
      await w.page.goto(base);
      await w.page.locator('.mantine-Loader-root').waitFor();
      return { waits: true, after: letGo };
    },
    'home-waiting': waitsFor('Home', '/'), 'wallets-waiting': waitsFor('Wallets', '/wallets'), 'history-waiting': waitsFor('History', '/history'), 'settings-email-waiting': waitsFor('Own', '/settings/email'),
    'security-waiting': waitsFor('Security', '/security'),
  },
};

export const failing = {
  begin: enter,
  screens: {
    'home-failed': async ({ page, t }) => {
      await page.route('**/graphql', (route) => (route.request().postDataJSON()?.operationName === 'Home' ? breaks(route) : route.fallback()));
      await page.goto(base);
      await told(page, t.retry);
      return { after: () => page.unrouteAll() };
    },
    'history-failed': async ({ page, t }) => {
      await loses(page, 'History');
      await page.goto(`${base}/history`);
      await told(page, t.retry);
      return { after: () => page.unrouteAll() };
    },
    'screen-failed': async ({ page, t }) => {
      await page.evaluate(() => sessionStorage.setItem('keeper.reloaded', String(Date.now()))); // the app is not taken anew at once
      await page.route(/\/assets\/contacts-/, (route) => route.abort());
      await Promise.race([told(page, t.retry), go(page, '/contacts').catch(() => {})]); // it has no heading
      return { after: () => page.unrouteAll() };
    },
  },
};

export const cut = {
  begin: enter,
  screens: {
    'home-offline': async ({ page, t }) => {
      await page.goto(base);
      await page.getByTestId('transfer').first().waitFor();
      await page.context().setOffline(true);
      await told(page, t.offline);
      return { waits: true, after: () => page.context().setOffline(false) };
    },
    'home-kept': async ({ page, t }) => {
      await page.goto(base);
      await page.getByTestId('transfer').first().waitFor();
      await page.waitForTimeout(1_000); // until it is written down
      await page.route('**/graphql', (route) => route.abort());
      await page.route('**/web/session', (route) => route.abort());
      await page.goto(base);
      await told(page, t.keptFrom.split('{{')[0]);
      await page.getByTestId('transfer').first().waitFor();
      return { waits: true, after: () => page.unrouteAll() };
    },
    'offline-first': async (w) => {
      const page = (w.page = await w.open('/login'));
      await page.route('**/graphql', (route) => route.abort());
      await page.route('**/web/session', (route) => route.abort());
      await page.goto(base);
      await told(page, w.t.offlineFirst);
      return { waits: true };
    },
    'home-reconnecting': async (w) => {
      const sockets = [];
      let isDown = false;
      w.page = await w.enter('anna', '/settings');
      await w.page.routeWebSocket(/graphql/, (socket) => {
        if (isDown) return void socket.close();
        sockets.push(socket);
        socket.connectToServer();
      });
      await w.page.goto(base);
      await w.page.getByTestId('transfer').first().waitFor();
      const { boris, wallets } = await w.scene();
      await boris.pay({ walletNumber: wallets.annas }, '1');
      await told(w.page, /\+1[.,]00/);
      isDown = true;
      for (const socket of sockets) await socket.close();
      await told(w.page, w.t.reconnecting);
      return { waits: true };
    },
  },
};
