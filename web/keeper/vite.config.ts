import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { Kind, parse } from 'graphql';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

// What the server answers itself: the service worker never takes these for addresses of the app.
const served = [/^\/graphql/, /^\/web\//, /^\/playground/, /^\/pages/, /^\/dev/, /^\/pay/, /^\/(verify-email|recover|cancel-recovery|data-export)$/, /\.(pdf|png|csv|json)$/];

// The texts of the app's operations by their SHA-256, as the code generator has written them.
function operations() {
  const texts = JSON.parse(readFileSync(new URL('src/gql/persisted-documents.json', import.meta.url), 'utf8')) as Record<string, string>;
  return Object.entries(texts).map(([key, body]) => {
    const found = parse(body).definitions.find((d) => d.kind === Kind.OPERATION_DEFINITION)!;
    return { id: key.replace('sha256:', ''), name: found.name!.value, type: found.operation, body };
  });
}

// persisted leaves the texts out of what browsers load: the app sends their hashes, and the server reads the texts from the manifest beside it.
function persisted(): Plugin {
  return {
    name: 'keeper-persisted',
    enforce: 'pre',
    transform(code, file) {
      if (!file.endsWith('/src/gql/graphql.ts')) return;
      const known = new Map(operations().map((o) => [o.id, o]));
      const short = code.replace(/\{"__meta__":\{"hash":"sha256:([0-9a-f]{64})"\}\}/g, (_, id: string) => `persisted(${JSON.stringify(known.get(id)!.type)}, ${JSON.stringify(known.get(id)!.name)}, "${id}")`);
      return `import { persisted } from '../api/persisted';\n${short}`;
    },
    generateBundle() {
      const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations: operations() };
      this.emitFile({ type: 'asset', fileName: 'persisted-query-manifest.json', source: JSON.stringify(manifest) });
    },
  };
}

// packed puts beside each script and style what browsers are sent of it: packed once, and as small as can be, instead of for each request.
function packed(): Plugin {
  return {
    name: 'keeper-packed',
    writeBundle({ dir }) {
      const assets = join(dir!, 'assets');
      for (const name of readdirSync(assets).filter((n) => /\.(js|css)$/.test(n))) {
        const text = readFileSync(join(assets, name));
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(text));
        writeFileSync(join(assets, `${name}.gz`), gzipSync(text, { level: 9 }));
      }
    },
  };
}

// The server embeds dist/ and serves it at /. Vite empties dist/ first; the .gitkeep that `go build` needs in a fresh clone comes back
// with the rest of public/.
export default defineConfig({
  plugins: [
    persisted(),
    react(),
    packed(),
    VitePWA({
      registerType: 'autoUpdate',
      injectRegister: 'script',
      manifest: {
        id: '/', name: 'Keeper', short_name: 'Keeper', lang: 'en', dir: 'ltr', start_url: '/', display: 'standalone',
        // The header and the page, in light: what index.html says of both themes holds once it is there.
        theme_color: '#ffffff', background_color: '#f5f8f8',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' }, { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      includeManifestIcons: false, // they are for the installation, which needs the network anyway
      workbox: { importScripts: ['push.js'], navigateFallback: '/index.html', navigateFallbackDenylist: served, globPatterns: ['**/*.{js,css,html,svg}'] },
    }),
  ],
  // light-dark() is left to the browser: every one has it since 2024.
  build: { target: 'es2022', cssTarget: ['chrome123', 'safari17.5', 'firefox120'], assetsInlineLimit: 0 },
  // `npm run dev` works against a server started beside it.
  server: {
    proxy: {
      '/graphql': { target: 'http://127.0.0.1:8080', ws: true }, '/web': 'http://127.0.0.1:8080', '/dev': 'http://127.0.0.1:8080',
    },
  },
});
