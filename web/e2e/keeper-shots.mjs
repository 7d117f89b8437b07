// node keeper-shots.mjs <baseURL>: pictures of every screen of the web app, to be looked at, and what is found wrong with each.
// ONLY=regexp of screens, LANGUAGES=en,ru, SIZES=phone,tablet,desk and THEMES=light,dark choose a part. What fails is told in the end; all the rest is looked at.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInBrowser } from './browser.mjs';
import { DESK, PHONE, TABLET } from './keeper-lib.mjs';
import { follow, looker } from './keeper-look.mjs';
import { routes, texts } from './keeper-routes.mjs';
import { newcomer, scene, typed } from './keeper-scene.mjs';
import { base, ok } from './lib.mjs';
import { chapters } from './screens/chapters.mjs';

const BOUND_MS = 5_400_000;
const PATIENCE_MS = 20_000;
const ALWAYS = /^(in another language: (WM[A-Z]|WMID|Keeper|Purser|English|Русский|mail|PDF|PNG|CSV|ZIP|JPEG|SMS|Push|push|UTC|Europe|Moscow|Chrome|Linux|Pixel|Pro|Android|Demo|funds) )/;
const CUT = /Failed to load resource|dynamically imported|net::ERR|WebSocket|status of \d/; // on purpose

const chosen = (name, all) => all.filter((one) => (process.env[name] ?? all.join()).split(',').includes(one));
const only = new RegExp(process.env.ONLY ?? '');
const all = { phone: PHONE.viewport, tablet: TABLET.viewport, desk: DESK.viewport };
const sizes = Object.fromEntries(chosen('SIZES', Object.keys(all)).map((size) => [size, all[size]]));
const folder = fileURLToPath(new URL('shots', import.meta.url));
const failures = [];
const visited = new Set();

function tell(what) {
  failures.push(what);
  console.log(`not ok - ${what}`);
}

// isTyped tells what people have written: Latin words are in the scene, Russian ones anywhere in what goes about the app.
const written = readdirSync(new URL('screens/', import.meta.url)).map((name) => readFileSync(new URL(`screens/${name}`, import.meta.url), 'utf8')).join() + typed;
const isTyped = (found) => {
  const word = /^in another language: (\S+)/.exec(found)?.[1];
  return !!word && (/^[a-z]/i.test(word) ? typed : written).includes(word);
};

await runInBrowser(async (house) => {
  mkdirSync(folder, { recursive: true });
  const look = looker({ house, folder, sizes, themes: chosen('THEMES', ['light', 'dark']), isKnown: (found) => ALWAYS.test(found) || isTyped(found), tell });
  for (const language of chosen('LANGUAGES', ['en', 'ru'])) {
    for (const chapter of chapters) await read(house, chapter, language, look);
  }
  const { out, in: inside } = routes();
  const missed = [...out, ...inside].filter((route) => ![...visited].some((path) => new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`).test(path)));
  if (!process.env.ONLY) for (const route of missed) tell(`no screen is of ${route}`);
  house.trouble.length = 0; // it was told
  if (failures.length > 0) throw new Error(`${failures.length} failures:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
}, BOUND_MS);

// read goes through the screens of a chapter; where one follows another, no further than to the last that is wanted.
async function read(house, chapter, language, look) {
  const names = Object.keys(chapter.screens);
  const wanted = names.filter((name) => only.test(name));
  if (wanted.length === 0) return;
  const windows = [];
  const open = async (path, options) => {
    const page = await house.open(path, { locale: language, reducedMotion: 'reduce', timezoneId: 'Europe/Moscow', viewport: Object.values(sizes)[0], ...options });
    page.context().setDefaultTimeout(PATIENCE_MS);
    follow(page);
    windows.push(page);
    return page;
  };
  const w = { t: texts(language), language, open, scene, newcomer, enter: async (name, path) => (await scene())[name].enter(open, path) };
  const way = chapter.inOrder ? names.slice(0, names.indexOf(wanted.at(-1)) + 1) : wanted;
  try {
    w.page = await chapter.begin?.(w);
  } catch (reason) {
    way.splice(0, Infinity);
    tell(`${wanted.join(', ')} (${language}): ${reason}`);
  }
  for (const [i, name] of way.entries()) {
    try {
      const how = (await chapter.screens[name](w)) ?? {};
      if (wanted.includes(name)) await look(w.page, name, language, how);
      visited.add(new URL(w.page.url()).pathname);
      await how.after?.();
      if (wanted.includes(name)) ok(`${name} (${language})`);
    } catch (reason) {
      tell(`${name} (${language}): ${reason}`);
      await w.page?.screenshot({ path: join(folder, `failure-${name}-${language}.png`) }).catch(() => {});
      if (chapter.inOrder && i + 1 < way.length) tell(`not reached (${language}): ${way.slice(i + 1).join(', ')}`);
      if (chapter.inOrder) break;
      await w.page?.goto(base).catch(() => {});
    }
  }
  for (const line of new Set(house.trouble)) if (!CUT.test(line)) tell(`${way[0]}… (${language}): ${line}`);
  house.trouble.length = 0;
  for (const page of windows) await page.context().close();
}
