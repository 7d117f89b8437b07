import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { isLost } from './client';
import { ByKeyDocument, CancelTransferDocument, type ChallengePartsFragment, ConfirmTransferDocument, CreateTransferDocument, type CreateTransferInput, type ProblemFragment, TransferPageDocument, type TransferPartsFragment } from '../gql/graphql';

// A transfer that was begun is kept for this tab until its outcome is known, so that a reload goes on with the same key. It holds no secret but
// a protection code, which the sender chose; that is gone with the tab.
const KEPT = 'keeper.sending';
const ASK_MS = 3_000;

export type Sending =
  | { at: 'form' }
  | { at: 'sending' | 'lost'; input: CreateTransferInput }
  | { at: 'code'; input: CreateTransferInput; transfer: TransferPartsFragment; challenge: ChallengePartsFragment }
  | { at: 'done'; transfer: TransferPartsFragment };

function kept(): Sending {
  const text = sessionStorage.getItem(KEPT);
  return text ? { at: 'lost', input: JSON.parse(text) as CreateTransferInput } : { at: 'form' };
}

// useSending makes one transfer under one key. When an answer is lost, at whatever point, it asks what became of it until it knows: money never
// moves twice, and nothing is called failed that was done.
export function useSending() {
  const client = useClient();
  const [sending, setSending] = useState<Sending>(kept);
  const [problems, setProblems] = useState<ProblemFragment[]>([]);
  const [fault, setFault] = useState<string>();
  const busy = useRef(false);

  const settle = useCallback((input: CreateTransferInput, transfer: TransferPartsFragment, challenge?: ChallengePartsFragment | null) => {
    if (transfer.status === 'AWAITING_CONFIRMATION' && challenge) return setSending({ at: 'code', input, transfer, challenge });
    sessionStorage.removeItem(KEPT);
    setSending({ at: 'done', transfer });
  }, []);

  const send = useCallback(async (input: CreateTransferInput) => {
    if (busy.current) return;
    busy.current = true;
    setProblems([]);
    setFault(undefined);
    sessionStorage.setItem(KEPT, JSON.stringify(input));
    setSending((was) => (was.at === 'lost' ? was : { at: 'sending', input }));
    const { data, error } = await client.mutation(CreateTransferDocument, { input });
    busy.current = false;
    const payload = data?.createTransfer;
    if (payload?.transfer) return settle(input, payload.transfer, payload.challenge);
    if (isLost(error)) return setSending({ at: 'lost', input });
    sessionStorage.removeItem(KEPT); // refused: nothing was moved, and the key is not used up
    setProblems(payload?.userErrors ?? []);
    setFault(error?.graphQLErrors[0]?.message);
    setSending({ at: 'form' });
  }, [client, settle]);

  // ask finds out by the key what became of a transfer whose answer was lost; what is not there is sent, under the same key.
  const ask = useCallback(async (input: CreateTransferInput) => {
    const { data, error } = await client.query(ByKeyDocument, { key: input.idempotencyKey }, { requestPolicy: 'network-only' });
    if (error || !data?.viewer) return;
    const found = data.viewer.transferByIdempotencyKey;
    if (found && found.status !== 'AWAITING_CONFIRMATION') return settle(input, found);
    await send(input); // a repeat answers with the first result, and with its challenge
  }, [client, send, settle]);

  useEffect(() => {
    if (sending.at !== 'lost') return;
    const now = () => void ask(sending.input);
    const timer = setInterval(now, ASK_MS);
    window.addEventListener('online', now);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', now);
    };
  }, [sending, ask]);

  const confirm = useCallback(async (proof: { code: string } | { assertion: string }) => {
    if (sending.at !== 'code' || busy.current) return;
    busy.current = true;
    setProblems([]);
    setFault(undefined);
    const { data, error } = await client.mutation(ConfirmTransferDocument, { input: { transferId: sending.transfer.id, ...proof } });
    busy.current = false;
    const payload = data?.confirmTransfer;
    if (payload?.transfer) return settle(sending.input, payload.transfer);
    setProblems(payload?.userErrors ?? []);
    if (!error) return;
    const asked = await client.query(TransferPageDocument, { id: sending.transfer.id }, { requestPolicy: 'network-only' });
    const node = asked.data?.node;
    if (node?.__typename === 'Transfer' && node.status !== 'AWAITING_CONFIRMATION') return settle(sending.input, node);
    setFault(isLost(error) ? 'network' : error.graphQLErrors[0]?.message);
  }, [client, sending, settle]);

  const setChallenge = (challenge: ChallengePartsFragment) => setSending((was) => (was.at === 'code' ? { ...was, challenge } : was));
  // giveUp calls off what awaits its code; whatever the answer, nothing moves without that code.
  const giveUp = async () => {
    if (sending.at === 'code') await client.mutation(CancelTransferDocument, { input: { transferId: sending.transfer.id } });
    restart();
  };
  const restart = () => {
    sessionStorage.removeItem(KEPT);
    setProblems([]);
    setSending({ at: 'form' });
  };
  return { sending, problems, fault, send, ask, confirm, setChallenge, restart, giveUp };
}
