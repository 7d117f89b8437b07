// The addresses of the web app, as its own sources name them, and its texts: what is added there is missed here by nobody.
import { readFileSync } from 'node:fs';

const source = (path) => readFileSync(new URL(`../keeper/src/${path}`, import.meta.url), 'utf8');

// routes are those for whoever is signed out, and for whoever is in; `:number` and `:id` stand in some of them.
export function routes() {
  const app = source('app.tsx');
  const pathsIn = (name) => [...app.slice(app.indexOf(`function ${name}(`)).split('</Routes>')[0].matchAll(/<Route path="(\/[^"*]*)" element={<(?!Navigate)/g)].map(([, path]) => path);
  const account = [...source('pages/account/routes.tsx').matchAll(/(\w+): lazy\(/g)].map(([, path]) => `/settings/${path}`);
  return { out: ['/login', ...pathsIn('Outside')], in: [...pathsIn('Inside'), ...account] };
}

// texts are the app's own, by which a screen is gone about in either language.
export function texts(language) {
  const found = ['', 'account.'].map((part) => source(`text/${part}${language}.ts`)).join('\n').matchAll(/(\w+): '((?:[^'\\]|\\.)*)'/g);
  return Object.fromEntries([...found].map(([, key, text]) => [key, JSON.parse(`"${text.replace(/\\'/g, "'").replace(/"/g, '\\"')}"`)]));
}
