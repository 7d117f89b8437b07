// SCREENSHOTS=folder node keeper-shots.mjs <baseURL>: every screen of the web app, at three sizes, in both languages and themes, to be looked at. axe looks at
// each in both themes.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInBrowser } from './browser.mjs';
import { DESK, PHONE, TABLET } from './keeper-lib.mjs';
import { walk } from './keeper-screens.mjs';
import { ok } from './lib.mjs';

const folder = process.env.SCREENSHOTS;
const sizes = { phone: PHONE.viewport, tablet: TABLET.viewport, desk: DESK.viewport };

mkdirSync(folder, { recursive: true });
await runInBrowser(async (house) => {
  for (const language of ['en', 'ru']) {
    const open = (path) => house.open(path, { locale: language, reducedMotion: 'reduce', timezoneId: 'Europe/Moscow', viewport: sizes.phone });
    await walk({ open, house, t: texts(language), look: (page, name) => look(house, page, `${name}-${language}`) });
  }
  house.trouble.length = 0; // what was cut and refused on purpose; other checks look at that
});

// look takes the pictures of what a page shows.
async function look(house, page, name) {
  await page.mouse.move(0, 0); // nothing is under the pointer
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await page.locator('[aria-busy=true], .mantine-Loader-root').first().waitFor({ state: 'detached' });
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ ...viewport, height: Math.max(height, viewport.height) }); // what is fixed below stands below
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    await page.setViewportSize(sizes.phone);
    await house.accessible(page, `${name}, ${colorScheme}`);
  }
  ok(name);
}

// texts are the app's own, by which a screen is gone about in either language.
function texts(language) {
  const files = ['', 'account.'].map((part) => readFileSync(new URL(`../keeper/src/text/${part}${language}.ts`, import.meta.url), 'utf8'));
  const found = files.join('\n').matchAll(/(\w+): '((?:[^'\\]|\\.)*)'/g);
  return Object.fromEntries([...found].map(([, key, text]) => [key, text.replace(/\\(.)/g, '$1')]));
}
