import i18n from 'i18next';
import { freshToken } from './session';

// download fetches a document with the session's token and hands it to the browser under a name.
export async function download(url: string, name: string) {
  const path = new URL(url, location.href);
  path.searchParams.set('lang', i18n.language);
  const response = await fetch(path.pathname + path.search, { headers: { Authorization: `Bearer ${(await freshToken()) ?? ''}` } });
  if (!response.ok) throw new Error(`document: ${response.status}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
