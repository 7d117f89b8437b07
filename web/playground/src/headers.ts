// The headers editor holds JSON that belongs to the person; we only manage one key of it.

// withToken returns the headers with Authorization set to token (null: removed), or null when the
// text is not a JSON object. An Authorization that is not one of ours was typed by hand and stays.
export function withToken(text: string, token: string | null, ours: ReadonlySet<string>): string | null {
  let headers: Record<string, unknown>;
  try {
    headers = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return null;

  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization') ?? 'Authorization';
  const present = headers[name];
  if (present !== undefined && !(typeof present === 'string' && ours.has(present))) return text;

  if (token) headers[name] = token;
  else delete headers[name];
  return Object.keys(headers).length > 0 ? JSON.stringify(headers, null, 2) : '';
}
