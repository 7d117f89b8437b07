// node icons.mjs: draws the pictures by which phones install the web app out of its icon.svg, in Chromium, into web/keeper/public.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { executablePath } from './lib.mjs';

const folder = new URL('../keeper/public/', import.meta.url);
const svg = readFileSync(new URL('icon.svg', folder), 'utf8');
const [, ground] = /<rect [^>]*fill="([^"]+)"/.exec(svg);

// Systems cut what fills its square to a shape of theirs. Of a maskable one they leave a circle of 80 %, which the mark stands in at this part of its size.
const icons = [
  { name: 'icon-192.png', size: 192, part: 1 }, { name: 'icon-512.png', size: 512, part: 1 },
  { name: 'icon-maskable-512.png', size: 512, part: 0.9, ground }, { name: 'apple-touch-icon.png', size: 180, part: 1, ground },
];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const { name, size, part, ground } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const picture = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await page.setContent(`<body style="margin: 0; height: 100vh; display: grid; place-items: center; background: ${ground ?? 'none'}"><img src="${picture}" style="width: ${part * 100}%">`);
  await page.locator('img').evaluate((img) => img.decode());
  await page.screenshot({ path: new URL(name, folder).pathname, omitBackground: !ground });
  await page.close();
}
await browser.close();
