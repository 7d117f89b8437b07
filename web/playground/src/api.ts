// The few operations the log-in bar itself needs.

export interface Challenge {
  id: string;
  method: string;
  sentTo: string;
}

export interface Tokens {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
  account: { wmid: string; profile: { firstName: string } };
}

interface Message {
  code: string;
  sentAt: string;
}

// INBOX_MS bounds what is asked of the inbox. A page that is busy reading its editor for seconds must not take an answer that is there for none.
const INBOX_MS = 30_000;

const TOKENS = 'accessToken accessTokenExpiresAt refreshToken account { wmid profile { firstName } }';

export async function logIn(login: string, password: string): Promise<{ tokens: Tokens | null; challenge: Challenge | null }> {
  return mutate('logIn', `challenge { id method sentTo } tokens { ${TOKENS} }`, {
    login,
    password,
    device: { name: 'Playground', platform: 'WEB' },
  });
}

export async function confirmLogIn(challengeId: string, code: string): Promise<Tokens> {
  const { tokens } = await mutate<{ tokens: Tokens }>('confirmLogIn', `tokens { ${TOKENS} }`, {
    challengeId,
    code,
    trustDevice: false,
  });
  return tokens;
}

export async function refreshSession(refreshToken: string): Promise<Tokens> {
  const { tokens } = await mutate<{ tokens: Tokens }>('refreshSession', `tokens { ${TOKENS} }`, { refreshToken });
  return tokens;
}

export async function logOut(accessToken: string): Promise<void> {
  await post('mutation { logOut { __typename } }', {}, accessToken);
}

// newestMessage reads the development inbox; null when there is none (production, or nothing sent).
export async function newestMessage(to: string): Promise<Message | null> {
  const response = await fetch(`/dev/inbox.json?to=${encodeURIComponent(to)}`, { signal: AbortSignal.timeout(INBOX_MS) });
  if (!response.ok) return null;
  const messages: Message[] = await response.json();
  return messages.find((message) => message.code) ?? null;
}

export async function hasInbox(): Promise<boolean> {
  try {
    return (await fetch('/dev/inbox.json?to=none', { signal: AbortSignal.timeout(INBOX_MS) })).ok;
  } catch {
    return false;
  }
}

async function mutate<T>(field: string, selection: string, input: object): Promise<T> {
  const type = field[0]!.toUpperCase() + field.slice(1) + 'Input';
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { message } } }`;
  const payload = (await post(document, { input }))[field] as T & { userErrors: { message: string }[] };
  if (payload.userErrors[0]) throw new Error(payload.userErrors[0].message);
  return payload;
}

async function post(query: string, variables: object, accessToken?: string): Promise<Record<string, unknown>> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(15_000),
  });
  const { data, errors } = await response.json();
  if (errors?.[0]) throw new Error(errors[0].message);
  return data;
}
