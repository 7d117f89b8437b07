import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server embeds dist/ and serves it at /playground/. Vite empties dist/ first; the .gitkeep that
// `go build` needs in a fresh clone comes back with the rest of public/.
export default defineConfig({
  base: '/playground/',
  plugins: [react()],
  build: {
    target: 'es2022',
    // Every asset is a file of our own: the page's policy allows no data: fonts.
    assetsInlineLimit: 0,
    // Monaco is one large chunk by nature.
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      onLog: (level, log, handle) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log); // "use no memo", harmless
      },
    },
  },
  // `npm run dev` works against a server started beside it.
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true }, '/dev': 'http://127.0.0.1:8080' } },
});
