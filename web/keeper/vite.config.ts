import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

// What the server answers itself: the service worker never takes these for addresses of the app.
const served = [/^\/graphql/, /^\/web\//, /^\/playground/, /^\/pages/, /^\/dev/, /^\/pay/, /^\/(verify-email|recover|cancel-recovery|data-export)$/, /\.(pdf|png|csv|json)$/];

// The server embeds dist/ and serves it at /. Vite empties dist/ first; the .gitkeep that `go build` needs in a fresh clone comes back
// with the rest of public/.
export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      registerType: 'autoUpdate',
      injectRegister: 'script',
      manifest: {
        name: 'Purser Keeper', short_name: 'Keeper', start_url: '/', display: 'standalone',
        background_color: '#0b1f2a', theme_color: '#0b1f2a',
        icons: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
      },
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
