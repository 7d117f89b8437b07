// What is done over and over on the way to a screen, in either language.
import { readFileSync } from 'node:fs';
import { base } from '../lib.mjs';

export const ONCE = { inOrder: true }; // of a chapter whose screens follow one another

const first = (found) => found.filter({ visible: true }).first();

// A dialog is pressed in, not what lies behind it.
const front = async (page) => ((await dialog(page).count()) > 0 ? dialog(page) : page);

export const submit = async (page) => first((await front(page)).locator('button[type=submit]')).click();
export const press = async (page, name) => first((await front(page)).getByRole('button', { name, exact: true })).click();
export const choose = (page, text) => first(page.getByText(text, { exact: true })).click();
export async function pick(page, menu, item) {
  await first(page.getByRole('button', { name: menu })).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}
export const dialog = (page) => page.getByRole('dialog');
export const told = (page, text) => first(page.getByText(text)).waitFor();
export const invalid = (page, name) => page.locator(`[name="${name}"][aria-invalid=true]`).waitFor();
export const another = (digits) => (digits === '000000' ? '000001' : '000000');

export async function dismiss(page) {
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
}

export async function open(page, name) {
  await press(page, name);
  await dialog(page).waitFor();
}

export async function fill(page, typed) {
  for (const [name, text] of Object.entries(typed)) await first(page.locator(`[name="${name}"]`)).fill(text);
}

const ONE = /^\/(wallets|transfers)\/[^/]+$/; // of a kind: one shows the last one's data until its own are there

// go opens an address as a link of the app does, without loading the app anew.
export async function go(page, path) {
  if (ONE.test(path) || new URL(page.url()).pathname === path.split(/[?#]/)[0]) return void (await page.goto(base + path));
  await page.evaluate((to) => {
    document.querySelector('h1')?.setAttribute('data-left', '');
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.locator('h1:not([data-left])').first().waitFor();
}

const isOf = (route, operation) => route.request().postDataJSON?.()?.operationName === operation;

// answers has the answers to an operation say something else than the server does, until it is called off.
export async function answers(page, operation, change) {
  const handle = async (route) => {
    if (!isOf(route, operation)) return route.fallback();
    const answer = await route.fetch();
    const json = await answer.json();
    return route.fulfill({ json: change(json.data) ?? json });
  };
  await page.route('**/graphql', handle);
  return () => page.unroute('**/graphql', handle);
}

const INTERNAL = Object.fromEntries(['en', 'ru'].map((l) => [l, JSON.parse(readFileSync(new URL(`../../../internal/locale/${l}.json`, import.meta.url))).INTERNAL]));

// breaks answers as the server does when something of its own has failed, in the language that it is asked in.
export function breaks(route) {
  const language = route.request().headers()['accept-language']?.slice(0, 2);
  return route.fulfill({ json: { errors: [{ message: INTERNAL[language] ?? INTERNAL.en, extensions: { code: 'INTERNAL', reference: 'b7c1f0' } }] } });
}

// loses lets no request of an operation leave; holds lets them wait until they are let go.
export async function loses(page, operation) {
  const handle = (route) => (isOf(route, operation) ? route.abort() : route.fallback());
  await page.route('**/graphql', handle);
  return () => page.unroute('**/graphql', handle);
}

export async function holds(page, operation, then = (route) => route.fallback()) {
  let letGo;
  const held = new Promise((go) => (letGo = go));
  const under = [];
  const handle = (route) => {
    if (!isOf(route, operation)) return route.fallback();
    const done = held.then(() => then(route)).catch(() => {}); // its page may be gone
    under.push(done);
    return done;
  };
  await page.route('**/graphql', handle);
  return async () => {
    letGo();
    await Promise.all(under);
    await page.unroute('**/graphql', handle);
  };
}
