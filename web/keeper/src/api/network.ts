import type { CombinedError } from 'urql';

// A request is given up when no answer has come for so long, or when the network goes: whoever made it then asks what became of it. A network that
// swallows answers would otherwise keep it waiting for minutes.
export const ANSWER_MS = 20_000;

// What is long, a document or a picture, is given up when nothing of it has moved for so long.
export const STILL_MS = 60_000;

const SLACK_MS = 5_000; // what a clock may be off, and an answer be under way, without anybody minding
let serverAhead = 0;

// serverNow is the server's clock: a device's own may be wrong by hours, and what is counted down is the server's.
export const serverNow = () => Date.now() + serverAhead;

export async function request(input: RequestInfo | URL, init: RequestInit = {}) {
  const gone = new AbortController();
  const cut = () => gone.abort();
  window.addEventListener('offline', cut);
  try {
    const asked = Date.now();
    const answer = await fetch(input, { ...init, signal: AbortSignal.any([gone.signal, AbortSignal.timeout(ANSWER_MS), ...(init.signal ? [init.signal] : [])]) });
    const now = Date.now();
    const ahead = Date.parse(answer.headers.get('Date') ?? '') - now;
    if (now - asked < SLACK_MS) serverAhead = Math.abs(ahead) > SLACK_MS ? ahead : 0; // of an answer that was long under way nobody knows how old it is
    return answer;
  } finally {
    window.removeEventListener('offline', cut);
  }
}

export const UNKNOWN = 'PERSISTED_QUERY_NOT_FOUND';

// isUnknown tells that the server knows no such operation: it belongs to another version of the app, which is taken anew then.
export const isUnknown = (error: CombinedError) => error.graphQLErrors.some((e) => e.extensions?.code === UNKNOWN);

// isLost tells that no answer came, or none to what was asked: nobody knows whether the request was served, and it is to be asked for again.
export const isLost = (error?: CombinedError) =>
  !!error && (!!error.networkError || ((error.response as Response | undefined)?.status ?? 0) >= 500 || isUnknown(error));

// isUndecided tells that it is not known whether what was asked for is done: no answer came, the server failed over it, or it failed within the answer to what it had done.
export const isUndecided = (error?: CombinedError) =>
  isLost(error) || !!error?.graphQLErrors.some(({ extensions, path }) => extensions?.code === 'INTERNAL' || (extensions?.code !== 'BAD_USER_INPUT' && (path?.length ?? 0) > 1));
