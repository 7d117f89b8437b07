import i18n from 'i18next';
import { STILL_MS } from './network';
import { freshToken } from './session';

// download fetches a document with the session's token and hands it to the browser under a name.
export async function download(url: string, name: string) {
  const path = new URL(url, location.href);
  path.searchParams.set('lang', i18n.language);
  const still = new AbortController();
  let timer = setTimeout(() => still.abort(), STILL_MS);
  const moves = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, on) {
      clearTimeout(timer);
      timer = setTimeout(() => still.abort(), STILL_MS);
      on.enqueue(part);
    },
  });
  const given = new Promise<never>((_, giveUp) => still.signal.addEventListener('abort', () => giveUp(still.signal.reason)));
  const token = await Promise.race([freshToken(), given]); // another tab may have its turn for long
  const response = await fetch(path.pathname + path.search, { headers: { Authorization: `Bearer ${token ?? ''}` }, signal: still.signal });
  if (!response.ok || !response.body) throw new Error(`document: ${response.status}`);
  const whole = await new Response(response.body.pipeThrough(moves), { headers: response.headers }).blob();
  clearTimeout(timer);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(whole);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
