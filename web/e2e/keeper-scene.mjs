// The people of the pictures, and what has passed between them: long names and memos, sums that take much room, many rows, and transfers in every state.
import { anna, boris } from './keeper-lib.mjs';
import { base, call, nextMessage, register } from './lib.mjs';

const FRESH_MS = 600_000; // an access token lives for a quarter of an hour
const BIG = '1234567890123.45';
const ROWS = 24; // more than a page of 20

export const operator = { phone: '+79000000001', login: 'operator@purser.test', password: 'operator-password' };
export const LONG = { firstName: 'Эмилия-Александрина', lastName: 'Константинопольская-Преображенская' };
export const MEMO = 'За аренду дачи в июле и августе, как договаривались: первая половина сейчас, вторая в сентябре; ключи у соседей в доме 14, спросить Нину Аркадьевну. '
  + 'https://example.test/a-very-long-address-that-no-line-can-break-where-it-wants-to';
const WALLET = 'Накопления на кругосветное путешествие и ремонт дачи';
const CONTACTS = { long: 'Бабушка Нина Аркадьевна (день рождения, праздники и лето)', short: 'Боря' };

// typed is what people have written: it is in no language of the app's.
export const typed = JSON.stringify([LONG, MEMO, WALLET, CONTACTS])
  + 'Anna Petrova Boris Ivanov Olga Operator Ema Tester Which street Which tree Lime Street example test purser demo What this called fro row Chromium passport png'
  + 'На каждый день Старый кошелёк Подушка безопасности Взнос учредителя На первое время В конце срока Код скажу по телефону На какой улице вы выросли';

// Person is somebody who acts beside the browser.
class Person {
  constructor(known) {
    Object.assign(this, { since: Date.now() }, known);
  }

  async signIn(device = { name: 'Pixel 9 Pro XL, Android 16', platform: 'ANDROID' }) {
    const input = { login: this.login ?? this.phone, password: this.password, device };
    const { message, result } = await nextMessage(this.phone, (m) => m.code, () => call('LogIn', { input }));
    const { tokens } = await call('ConfirmLogIn', { input: { challengeId: result.challenge.id, code: message.code } });
    return tokens;
  }

  async ask(name, input) {
    if (!this.accessToken || Date.now() - this.since > FRESH_MS) Object.assign(this, await this.signIn(), { since: Date.now() });
    return call(name, input && { input }, this.accessToken);
  }

  async wallet(letter) {
    this.wallets ??= (await this.ask('Wallets')).wallets.map((w) => w.number);
    return this.wallets.find((number) => number.startsWith(letter));
  }

  async openWallet(currency, name) {
    return (await this.ask('OpenWallet', { currency, name })).wallet.number;
  }

  async move(from, to, amount, more) {
    const input = { from, to, amount, idempotencyKey: crypto.randomUUID(), ...more };
    return (await this.ask('CreateTransfer', input)).transfer.id;
  }

  // pay sends to somebody else, which takes a code.
  async pay(to, amount, more) {
    const from = await this.wallet(to.walletNumber?.[0] ?? 'Z');
    const { message, result: transferId } = await nextMessage(this.phone, (m) => m.code, () => this.move(from, to, amount, more));
    await this.ask('ConfirmTransfer', { transferId, code: message.code });
    return transferId;
  }

  // enter opens the app as this person in a window of its own.
  async enter(open, path = '/') {
    const { refreshToken } = await this.signIn({ name: 'Chrome, Linux', platform: 'WEB' });
    const page = await open('/pages/favicon.svg');
    await page.request.post(`${base}/web/session`, { data: { refreshToken } });
    await page.goto(base + path);
    await page.locator('h1').first().waitFor();
    return page;
  }
}

// newcomer is somebody who has just opened an account.
export const newcomer = async (names) => new Person(await register(names));

let made;

// scene is made once.
export const scene = () => (made ??= make());

async function make() {
  const people = { operator: new Person(operator), anna: new Person(anna), boris: new Person(boris), emilia: await newcomer(LONG) };
  people.emilia.wallets = [await people.emilia.openWallet('Z', 'На каждый день')];
  const [annas, boriss] = await Promise.all([people.anna.wallet('Z'), people.boris.wallet('Z')]);
  const wallets = await ownWallets(people, annas);
  const transfers = await transfersOf(people, annas, boriss, wallets);
  await toAndFro(people.boris, boriss);
  for (const [recipient, name] of [[{ phone: people.emilia.phone }, CONTACTS.long], [{ phone: boris.phone }, CONTACTS.short]]) await people.anna.ask('AddContact', { recipient, name });
  for (const amount of ['299.99', '99.5']) await people.emilia.move(people.emilia.wallets[0], { walletNumber: annas }, amount).catch(() => {}); // refused
  await people.anna.move(annas, { walletNumber: boriss }, '9000000000000').catch(() => {});
  return { ...people, wallets: { ...wallets, annas, boriss }, transfers };
}

// ownWallets gives anna one with a long name and a fortune, a second, one with nothing, and one that is closed.
async function ownWallets({ operator: issuer, anna: rich }, annas) {
  await rich.ask('RenameWallet', { walletNumber: annas, name: WALLET });
  const issue = await issuer.ask('IssueFunds', { walletNumber: annas, amount: BIG, reference: 'Взнос учредителя', idempotencyKey: crypto.randomUUID() });
  const second = await rich.openWallet('Z', 'Подушка безопасности');
  const empty = await rich.openWallet('B');
  const closed = await rich.openWallet('K', 'Старый кошелёк');
  await rich.ask('CloseWallet', { walletNumber: closed });
  return { second, empty, closed, issue: issue.transfer.id };
}

// transfersOf makes one of each kind, out of anna's wallet and into it.
async function transfersOf({ anna: me, boris: friend, emilia }, annas, boriss, { second, issue }) {
  const byCode = { protection: { kind: 'CODE', code: '2468', days: 30 } };
  const byTime = { protection: { kind: 'TIME', days: 5 } };
  const [to, from] = [{ walletNumber: boriss }, { walletNumber: annas }];
  const out = { emilia: await me.pay({ walletNumber: emilia.wallets[0] }, '90', { memo: 'На первое время' }), internal: await me.move(annas, { walletNumber: second }, '987654321098.76') };
  const into = { issue, done: await emilia.pay(from, '12.34', { memo: MEMO }) };
  out.done = await me.pay(to, '1250.5', { memo: MEMO });
  out.code = await me.pay(to, '77', byCode);
  out.time = await me.pay(to, '5', { ...byTime, memo: 'В конце срока' });
  for (const name of ['cancelled', 'returned', 'accepted']) out[name] = await me.pay(to, '250', byCode);
  await me.ask('CancelTransfer', { transferId: out.cancelled });
  await friend.ask('RejectTransfer', { transferId: out.returned });
  await friend.ask('AcceptTransfer', { transferId: out.accepted, protectionCode: '2468' });
  into.refund = (await friend.ask('RefundTransfer', { transferId: out.accepted, amount: '99.99', idempotencyKey: crypto.randomUUID() })).transfer.id;
  into.code = await friend.pay(from, '500', { ...byCode, memo: 'Код скажу по телефону' });
  into.time = await friend.pay(from, '15', byTime);
  into.rejected = await friend.pay(from, '11', byCode);
  await me.ask('RejectTransfer', { transferId: into.rejected });
  return { out, into };
}

async function toAndFro(person, first) {
  const second = await person.openWallet('Z', 'To and fro');
  for (let i = 0; i < ROWS; i++) {
    const [from, to] = i % 2 === 0 ? [first, second] : [second, first];
    await person.move(from, { walletNumber: to }, '1', { memo: `${i + 1}` });
  }
}
