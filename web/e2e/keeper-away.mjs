// node keeper-away.mjs <baseURL>: the web app whose network goes, or falls silent, while money arrives.
import { runInBrowser } from './browser.mjs';
import { check } from './lib.mjs';
import { anna, arrival, besideANetwork, CUT, forgive, place, send } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  const { network, phone, desk, boriss } = await besideANetwork(house);
  await arrivalsWhileAway(network, phone, desk, boriss);
  await silentSocket(network, phone, desk, boriss);
  forgive(house, CUT);
});

// watch returns what counts how often a text was announced since.
async function watch(page) {
  await page.evaluate(() => {
    if (window.told) return void (window.told.length = 0);
    window.told = [];
    const main = document.getElementById('main');
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) if (/WMZ from/.test(node.textContent ?? '')) window.told.push(node.textContent);
    }).observe(main, { childList: true, subtree: true });
    window.loadedOnce = true;
  });
  return (pattern) => page.evaluate((source) => window.told.filter((text) => new RegExp(source).test(text)).length, pattern);
}

async function arrivalsWhileAway(network, phone, desk, to) {
  await place(phone, 'Home');
  await phone.getByTestId('transfer').first().waitFor();
  const told = await watch(phone);
  await network.cut(phone);
  await phone.getByText('No connection.').waitFor();
  await send(desk, anna, { to, amount: '6', memo: 'first while away' });
  await desk.getByRole('button', { name: 'Send another' }).click();
  await send(desk, anna, { to, amount: '7', memo: 'second while away' });
  const arrives = arrival(phone, '7.00');
  await network.restore(phone);
  await phone.getByTestId('transfer').filter({ hasText: 'first while away' }).waitFor();
  await phone.getByTestId('transfer').filter({ hasText: 'second while away' }).waitFor();
  await arrives;
  check((await told('\\+6\\.00\\sWMZ from')) === 1 && (await told('\\+7\\.00\\sWMZ from')) === 1, 'two arrivals while the network was away are both told, each once');
  check(await phone.evaluate(() => window.loadedOnce), 'without a reload');
}

// silentSocket: after a sleep the connections are dead, and nobody has told the device.
async function silentSocket(network, phone, desk, to) {
  const told = await watch(phone);
  network.silence();
  const arrives = arrival(phone, '8.00');
  await send(desk, anna, { to, amount: '8', memo: 'while asleep' }); // whoever goes to the screen from a payment that is done begins another one
  await arrives;
  check((await told('\\+8\\.00\\sWMZ from')) === 1, 'a connection that has gone silent is found out, and what came meanwhile is told, once');
}
