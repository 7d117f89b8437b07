import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { useLive } from './live';
import { flown, isFlying, leftBy, mayArrive, mayMove, useAsking, useByKey } from './lost';
import { isLost, isUndecided } from './network';
import { CancelTransferDocument, type ChallengePartsFragment, ConfirmTransferDocument, CreateTransferDocument, type CreateTransferInput, type ProblemFragment, type QuoteQuery, type TransferPartsFragment } from '../gql/graphql';

// A transfer that was begun is kept for this tab and this person until its outcome is known, so that a reload goes on with the same key, also when somebody else
// has been in meanwhile. It holds no secret but a protection code, which the sender chose; that is gone with the tab.
const placeOf = (me: string) => `keeper.sending.${me}`;

const OVERDUE_MS = 2_000; // then the server has ended it

type Fault = 'network' | 'offline' | { message: string };

export type Quote = NonNullable<QuoteQuery['transferQuote']['quote']>;

export type Sending =
  | { at: 'form' }
  | { at: 'sending'; input: CreateTransferInput; quote: Quote; asks?: boolean }
  | { at: 'lost'; input: CreateTransferInput; quote: Quote }
  | { at: 'unsent'; input: CreateTransferInput; quote: Quote; was?: Quote; isDropped?: boolean; because?: ProblemFragment[] } // it has not arrived: whoever wants it still sends it again, under the same key
  | { at: 'code'; input: CreateTransferInput; transfer: TransferPartsFragment; challenge: ChallengePartsFragment; busy?: boolean }
  | { at: 'done'; transfer: TransferPartsFragment; code?: string | null; address?: string }; // the protection's, which the sender is to tell; and what asked for it

// Named is what its wallet and its recipient were called when it was looked at.
type Named = { from: string; to: string };

// What was begun, with the quote that was looked at, the address that may have asked for it, the transfer that it has become as far as that is known, and
// whether it was confirmed as far as this tab knows.
type Begun = { input: CreateTransferInput; quote: Quote; named?: Named; address: string; sentAt: number; id?: string; isConfirmed?: boolean };

const begunBy = (me: string) => JSON.parse(sessionStorage.getItem(placeOf(me)) ?? 'null') as Begun | null;
const keep = (me: string, begun: Begun) => sessionStorage.setItem(placeOf(me), JSON.stringify(begun));

// begunAs is what is kept of one transfer; nothing once another one was begun.
function begunAs(me: string, { idempotencyKey }: CreateTransferInput) {
  const begun = begunBy(me);
  return begun?.input.idempotencyKey === idempotencyKey ? begun : undefined;
}

// begunHere is what this person began in this tab, as it was called and asked for, while its outcome is not known.
export const begunHere = (me: string): { named?: Named; address?: string } => begunBy(me) ?? {};

// awaitsHere tells that this person began a transfer in this tab, which awaits its code still: the screen of sending goes on with it.
export const awaitsHere = (me: string, id: string) => begunBy(me)?.id === id;

// isSendUndecided tells that money may have moved, or move yet, by what this person sent in this tab.
export function isSendUndecided(me: string) {
  const begun = begunBy(me);
  return !!begun && (!begun.id || !!begun.isConfirmed);
}

// kept is what this person began in this tab, and asks about.
function kept(me: string): Sending {
  const begun = begunBy(me);
  return begun ? { at: 'sending', input: begun.input, quote: begun.quote, asks: true } : { at: 'form' };
}

// isOver tells that a transfer is past the step that was asked for: somebody else has done something with it, or its time has run out.
const isOver = (problems?: ProblemFragment[]) => !!problems?.some(({ code }) => code === 'TRANSFER_STATE');

const said = (error: CombinedError): Fault => (isLost(error) ? 'network' : { message: error.graphQLErrors[0]?.message ?? error.message });

// useSending makes one transfer under one key. When an answer is lost, at whatever point, it asks what became of it until it knows: money never
// moves twice, and nothing is called failed that was done.
export function useSending(me: string) {
  const client = useClient();
  const byKey = useByKey(me);
  const [sending, setSending] = useState<Sending>(() => kept(me));
  const [problems, setProblems] = useState<ProblemFragment[]>([]);
  const [fault, setFault] = useState<Fault>();
  const busy = useRef(false);
  const asking = useRef(false);
  const dropped = useRef<{ because: ProblemFragment[] }>(undefined); // what is not wanted any more, until it is known that it never arrives

  // forget ends what is kept of one transfer, and of no later one.
  const forget = useCallback((input: CreateTransferInput) => void (begunAs(me, input) && sessionStorage.removeItem(placeOf(me))), [me]);

  // begins tells that a step of what awaits its code is under way, or is over.
  const begins = (is: boolean) => {
    busy.current = is;
    setSending((was) => (was.at === 'code' ? { ...was, busy: is } : was));
  };

  // marks keeps whether a transfer was confirmed, as far as this tab knows.
  const marks = (input: CreateTransferInput, isConfirmed: boolean) => {
    const begun = begunAs(me, input);
    if (begun) keep(me, { ...begun, isConfirmed });
  };

  const settle = useCallback((input: CreateTransferInput, transfer: TransferPartsFragment, challenge?: ChallengePartsFragment | null) => {
    const waits = transfer.status === 'AWAITING_CONFIRMATION' && challenge;
    const begun = begunAs(me, input);
    const next: Sending = waits ? { at: 'code', input, transfer, challenge } : { at: 'done', transfer, code: input.protection?.code, address: begun?.address };
    if (!waits) forget(input);
    else if (begun) keep(me, { ...begun, id: transfer.id });
    setSending((was) => ('input' in was && was.input.idempotencyKey === input.idempotencyKey ? next : was)); // an answer that comes late is not of what is done since
  }, [me, forget]);

  // end leaves what there may be of a transfer, with what keeps it from being sent.
  const end = useCallback((input?: CreateTransferInput, because: ProblemFragment[] = [], trouble?: Fault) => {
    if (input) forget(input);
    setProblems(because);
    setFault(trouble);
    setSending({ at: 'form' });
  }, [forget]);

  // send makes it, or repeats what was sent before; `isThere` where that is known to have arrived, so that no refusal of the repeat is one of the transfer.
  const send = useCallback(async (input: CreateTransferInput, quote: Quote, named?: Named, isThere = false) => {
    if (busy.current || dropped.current) return;
    if (!navigator.onLine) return setFault('offline'); // nothing has left yet, and nothing does
    busy.current = true;
    setProblems([]);
    setFault(undefined);
    const before = begunAs(me, input);
    const sentAt = Date.now();
    const begun: Begun = { address: location.search + location.hash, named, ...before, input, quote, sentAt }; // what a repeat knows already stays known
    keep(me, begun);
    setSending((was) => (was.at === 'lost' ? was : { at: 'sending', input, quote }));
    const { data, error } = await flown(input.idempotencyKey, () => client.mutation(CreateTransferDocument, { input }));
    busy.current = false;
    const payload = data?.createTransfer;
    if (payload?.transfer) return settle(input, payload.transfer, payload.challenge);
    if (begunAs(me, input)?.sentAt !== sentAt) { // it was sent again since, or what was sent before is done by now
      return setSending((was) => (was.at === 'sending' && was.input === input ? { at: 'lost', input, quote } : was));
    }
    if (isUndecided(error) || isThere) {
      keep(me, { ...begun, sentAt: leftBy(sentAt) });
      return setSending((was) => (was.at === 'lost' ? was : { at: 'lost', input, quote }));
    }
    const because = payload?.userErrors ?? [];
    if (before) { // it was a repeat that was refused: what was sent before may have arrived since it was last asked for
      keep(me, { ...begun, sentAt: before.sentAt });
      dropped.current = error ? undefined : { because };
      setFault(error && said(error));
      return setSending({ at: 'unsent', input, quote, isDropped: !error, because });
    }
    end(input, because, error && said(error)); // nothing was moved, and the key is not used up
  }, [client, me, settle, end]);

  // ask finds out by the key what became of a transfer whose answer was lost. What is not there may be on its way for as long as a
  // request may last; after that it is called unsent, and nothing is sent that nobody has asked for again. It is asked for as long as that is told: a slow
  // server may make it yet. What is dropped is forgotten once it cannot.
  const ask = useCallback(async (input: CreateTransferInput, quote: Quote) => {
    if (asking.current || busy.current) return;
    asking.current = true;
    const sentAt = begunAs(me, input)?.sentAt;
    const [arrives, moves] = [isFlying(input.idempotencyKey) || mayArrive(sentAt), mayMove(sentAt)]; // when it is asked, not when that is heard
    const { found, error } = await byKey(input.idempotencyKey);
    asking.current = false;
    if (busy.current || begunAs(me, input)?.sentAt !== sentAt) return; // it was sent again since, or is done: this is older
    const isDropped = dropped.current;
    if (isDropped) setFault(error && said(error)); // it stays unwanted
    if (error) return setSending((was) => (was.at === 'sending' && was.input === input ? { at: 'lost', input, quote } : was));
    if (found) dropped.current = undefined;
    if (found?.status === 'AWAITING_CONFIRMATION') return send(input, quote, undefined, true); // a repeat answers with the first result, and with its challenge
    if (found) return settle(input, found);
    if (found === undefined || arrives) return;
    if (!isDropped || moves) return setSending((was) => ((was.at === 'lost' || was.at === 'sending') && was.input === input ? { at: 'unsent', input, quote } : was));
    dropped.current = undefined;
    end(input, isDropped.because);
  }, [byKey, me, send, settle, end]);

  // settled finds out what became of a transfer that awaited its code; undefined while nobody knows.
  const settled = useCallback(async (input: CreateTransferInput) => {
    const { found } = await byKey(input.idempotencyKey);
    if (!found) return undefined;
    if (found.status === 'AWAITING_CONFIRMATION') return false;
    settle(input, found);
    return true;
  }, [byKey, settle]);

  const confirm = useCallback(async (proof: { code: string } | { assertion: string }) => {
    if (sending.at !== 'code' || busy.current) return;
    setProblems([]);
    if (!navigator.onLine) return setFault('offline');
    begins(true);
    setFault(undefined);
    marks(sending.input, true);
    const { data, error } = await client.mutation(ConfirmTransferDocument, { input: { transferId: sending.transfer.id, ...proof } });
    const payload = data?.confirmTransfer;
    if (payload?.transfer) {
      busy.current = false;
      return settle(sending.input, payload.transfer);
    }
    if ((error || isOver(payload?.userErrors)) && (await settled(sending.input))) return void (busy.current = false);
    begins(false);
    if (!isUndecided(error)) marks(sending.input, false);
    setProblems(payload?.userErrors ?? []);
    setFault(error && said(error));
  }, [client, sending, settle, settled]);

  // giveUp calls off what awaits its code. A code that was sent before may have moved the money: nothing is forgotten before it is known that none has.
  const giveUp = async () => {
    if (sending.at !== 'code' || busy.current) return;
    const { input, transfer } = sending;
    begins(true);
    const { data, error } = await client.mutation(CancelTransferDocument, { input: { transferId: transfer.id } });
    busy.current = false;
    const payload = data?.cancelTransfer;
    if (payload?.transfer) return restart();
    const begun = begunAs(me, input);
    if (isUndecided(error) && begun) return setSending({ at: 'lost', input, quote: begun.quote });
    if (await settled(input)) return;
    begins(false);
    setProblems(payload?.userErrors ?? []);
    setFault(error && said(error));
  };

  const isUnreached = fault === 'network';
  const question = useMemo(() => {
    if (sending.at === 'lost' || sending.at === 'unsent' || (sending.at === 'sending' && sending.asks)) return () => ask(sending.input, sending.quote);
    if (sending.at !== 'code' || !isUnreached) return undefined;
    return async () => {
      if (!busy.current && (await settled(sending.input)) === false) setFault(undefined); // it awaits its code still
    };
  }, [sending, isUnreached, ask, settled]);
  useAsking(question, sending.at !== 'code');

  // look finds out whether what awaits its code awaits it still: its time may have run out, or it was confirmed or called off elsewhere.
  const awaited = sending.at === 'code' ? sending : undefined;
  const look = useCallback(() => void (awaited && !busy.current && settled(awaited.input)), [awaited, settled]);
  const { version } = useLive();
  useEffect(look, [version]);
  const until = awaited?.transfer.confirmBy;
  useEffect(() => {
    if (!until) return;
    const timer = setTimeout(look, Math.max(0, Date.parse(until) - Date.now()) + OVERDUE_MS);
    return () => clearTimeout(timer);
  }, [until, look]);

  useEffect(() => {
    const back = () => setFault((was) => (was === 'offline' ? undefined : was));
    window.addEventListener('online', back);
    return () => window.removeEventListener('online', back);
  }, []);

  const setChallenge = (challenge: ChallengePartsFragment) => setSending((was) => (was.at === 'code' ? { ...was, challenge } : was));
  // drop ends what has not arrived, once it cannot any more; should it have by then, that is what is told. Nothing is sent meanwhile.
  const drop = (because: ProblemFragment[] = []) => {
    if (sending.at !== 'unsent' || busy.current) return;
    dropped.current = { because };
    setFault(undefined);
    setSending({ ...sending, isDropped: true, because });
  };

  // requote puts what it costs by now in the place of what was looked at; restart ends it, with what keeps it from being sent.
  const requote = (quote: Quote, was?: Quote) => setSending((before) => (before.at === 'unsent' ? { ...before, quote, was } : before));
  const restart = (because?: ProblemFragment[]) => end('input' in sending ? sending.input : undefined, because);
  return { sending, problems, fault, send, ask, confirm, setChallenge, requote, drop, restart, giveUp, look };
}
