// What is looked at on a screen: pictures at each size and in each theme, what axe finds, and what a person sees at once: a page that is wider than its screen, a
// word that is cut, a text of the other language.
import { join } from 'node:path';

const POPUP = /^region: .*(data-portal|role="presentation")/; // a list that belongs to its field
const SETTLED_MS = 5_000;
const QUIET_MS = 150;

// follow counts what a page is asking for.
export function follow(page) {
  page.asking = new Set();
  page.on('request', (request) => /fetch|xhr|script/.test(request.resourceType()) && page.asking.add(request));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => page.asking.delete(request));
}

// settle waits until nothing is asked for, and no place is held for what is to come.
async function settle(page) {
  for (let quiet = 0, end = Date.now() + SETTLED_MS; quiet < QUIET_MS && Date.now() < end; quiet = page.asking.size > 0 ? 0 : quiet + 50) await page.waitForTimeout(50);
  await page.locator('[aria-busy=true], .mantine-Loader-root').first().waitFor({ state: 'detached' });
}

// looker returns what looks at a screen; what is wrong with it is told, and all goes on.
export function looker({ house, folder, sizes, themes, isKnown, tell }) {
  const [smallest] = Object.values(sizes);
  return async (page, name, language, { waits = false } = {}) => {
    const wrong = (what) => tell(`${name} (${language}): ${what}`);
    await page.mouse.move(0, 0); // nothing is under the pointer
    if (!waits) await settle(page);
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme });
      for (const [size, viewport] of Object.entries(sizes)) {
        await page.setViewportSize(viewport);
        await grow(page, viewport);
        await page.screenshot({ path: join(folder, `${name}-${language}-${size}-${colorScheme}.png`), animations: 'disabled' });
        if (colorScheme !== themes[0]) continue;
        await page.setViewportSize(viewport);
        for (const found of await page.evaluate(inspect, language)) if (!isKnown(found)) wrong(`${size}: ${found}`);
      }
      await page.setViewportSize(smallest);
      const found = await house.violations(page, undefined, { rules: { 'target-size': { enabled: true } } });
      for (const { text, isGrave } of found) if (!POPUP.test(text)) wrong(`${colorScheme}: axe${isGrave ? '' : ' (moderate)'}: ${text}`);
    }
  };
}

// grow makes the screen as high as what it shows: what is fixed below stands below then.
async function grow(page, viewport) {
  const needed = () => page.evaluate(() => {
    const dialog = document.querySelector('[role=dialog]');
    return dialog ? Math.ceil(dialog.scrollHeight / 0.9) + 2 : document.documentElement.scrollHeight;
  });
  const height = Math.max(await needed(), viewport.height);
  if (height > viewport.height) await page.setViewportSize({ ...viewport, height });
}

// inspect is run in the page.
function inspect(language) {
  const found = new Set();
  const words = (text) => text.trim().replace(/\s+/g, ' ').slice(0, 90);
  const isSeen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
  };
  const NO_WORD = /\S+@\S+|\S*\.\S+|\S{40,}|…\S+/g; // addresses and numbers
  const foreign = language === 'ru' ? /[A-Za-z]{3,}/g : /[а-яё]{3,}/gi;
  const read = (text) => {
    for (const word of text.replace(NO_WORD, '').match(foreign) ?? []) found.add(`in another language: ${word} («${words(text)}»)`);
    if (/\{\{|\b(log|status|kind|level|event|channel|needs|gives|way|doc|export)_[A-Z]/.test(text)) found.add(`no text: ${words(text)}`);
  };
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) {
    const out = [...document.body.querySelectorAll('*')].filter((e) => isSeen(e) && e.getBoundingClientRect().right > innerWidth + 1).at(-1);
    found.add(`${wide} pixels wider than the screen: ${out?.outerHTML.slice(0, 160)}`);
  }
  const top = document.querySelector('[role=dialog]') ?? document.body;
  for (const element of top.querySelectorAll('*')) {
    for (const name of ['aria-label', 'placeholder', 'alt', 'title']) if (element.hasAttribute(name) && isSeen(element)) read(element.getAttribute(name));
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (own.length === 0 || !isSeen(element) || element.closest('.mantine-VisuallyHidden-root, code, pre') || /^(SCRIPT|STYLE|OPTION)$/.test(element.tagName)) continue;
    const text = own.map((node) => node.data).join(' ');
    read(text);
    const style = getComputedStyle(element);
    const mayNotBeCut = style.textOverflow !== 'ellipsis' || element.closest('button, .mantine-Button-root, .mantine-Badge-root, label, .tab, .nav, h1, h2');
    if (style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1 && mayNotBeCut) found.add(`cut: ${words(text)}`);
    const range = document.createRange();
    range.selectNodeContents(own[0]);
    const { left, right } = range.getBoundingClientRect();
    const box = element.closest('.panel, .card, .mantine-Alert-root, [role=dialog]')?.getBoundingClientRect();
    if (box && style.overflowX === 'visible' && (right > box.right + 1 || left < box.left - 1)) found.add(`out of its box: ${words(text)}`);
  }
  return [...found];
}
