// node keeper.mjs <baseURL>: the web app, as people use it: at each of its three sizes one opens an account and is paid by another.
import { checkPolicy, runInBrowser } from './browser.mjs';
import { chooseNotifications, freeze, lookAround, rememberPeople, security, usePasskeys } from './keeper-around.mjs';
import { checkKept, openWallet, register, revoke } from './keeper-entry.mjs';
import { anna, boris, DESK, INSTALLED, logIn, newPerson, payLinkBy, PHONE, TABLET, tokenOf } from './keeper-lib.mjs';
import { protect, refund, sendFromDesk, sendWhileTheNetworkFails, statement } from './keeper-money.mjs';
import { recover } from './keeper-recover.mjs';

const WIDER = ['home', 'send', 'the history', 'a wallet'];

await runInBrowser(async (house) => {
  const lives = [
    { name: 'phone', size: PHONE, me: newPerson('Ema'), payer: anna },
    { name: 'tablet', size: TABLET, me: newPerson('Mia'), payer: boris },
    { name: 'desk', size: DESK, me: newPerson('Eva'), payer: anna },
  ].map((life) => ({ ...life, house: life.size === PHONE ? house : brief(house) }));
  await Promise.all(lives.map(live));

  const [phone, , desk] = lives;
  await Promise.all([rest(house, desk, phone), quiet(house, phone)]);
});

// brief lets axe look at WIDER alone: what is laid out in another way on a wider screen; the rest it has seen on the phone.
function brief(house) {
  const accessible = (page, what, part) => (WIDER.includes(what) ? house.accessible(page, what, part) : undefined);
  return Object.assign(Object.create(house), { accessible });
}

// live is a whole life, at one size.
async function live(life) {
  const { house, size, payer, name } = life;
  life.own = await house.open(name === 'desk' ? `/send#pay=${await payLinkBy(await tokenOf(payer), { amount: '3' })}` : '/', size === PHONE ? { ...size, ...INSTALLED } : size);
  checkPolicy(life.own.answer, 'the app');
  await register(life);
  life.number = await openWallet(life);
  life.other = await house.open('/', size);
  await logIn(life.other, payer);
  await house.accessible(life.other, 'home');
  await house.shot(`keeper-home-${name}`, life.other);
  await checkKept(life);

  await sendFromDesk(life);
  await sendWhileTheNetworkFails(life);
  await protect(life);
  await refund(life);
  await statement(life);
  await revoke(life);
  await recover(life);
}

// rest is what anna does besides, at a desk, once nobody else waits for a code of hers.
async function rest(house, { other: desk }, { number }) {
  await security(house, desk);
  await rememberPeople(house, desk);
  await usePasskeys(house, desk, number);
}

// quiet is what the new person does besides, on a phone.
async function quiet(house, { own: phone, me }) {
  await lookAround(house, phone);
  await chooseNotifications(house, phone);
  await freeze(house, phone, me);
}
