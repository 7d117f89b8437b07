import { Anchor, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { AcceptAgreementsDocument, TermsDocument } from '../gql/graphql';
import { Problems, useAct } from './act';
import { Agreement } from './agreement';
import { Waiting } from './parts';

// useTerms knows the agreement that wallets are held under. `accept` says whether it is accepted, and accepts it where it was agreed to and its current version has not been.
export function useTerms() {
  const [{ data, error }, again] = useQuery({ query: TermsDocument, requestPolicy: 'network-only' });
  const accepting = useAct(AcceptAgreementsDocument);
  const [agreed, setAgreed] = useState<string>(); // which version
  const [isMissing, setMissing] = useState(false);
  const terms = data?.agreements.find((a) => a.kind === 'TERMS_OF_TRANSFER');
  const isAgreed = !!terms && agreed === terms.id;
  const isPending = !!terms && !!data?.viewer?.pendingAgreements.some((a) => a.id === terms.id);

  const ask = () => again({ requestPolicy: 'network-only' });

  async function accept() {
    if (!terms) return false;
    if (isPending && !isAgreed) {
      setMissing(true);
      document.getElementById(terms.kind)?.focus();
      return false;
    }
    if (!isPending) return true;
    const { payload } = await accepting.run({ input: { agreementIds: [terms.id] } });
    if (!payload) ask(); // there may be a newer version
    return !!payload;
  }
  const agree = (on: boolean) => { setAgreed(on ? terms?.id : undefined); setMissing(false); };
  return { terms, isPending, isAgreed, agree, isMissing, accept, problems: accepting.problems, error: error ?? accepting.error, again: ask };
}

// Terms names it, with its text for whoever would read it, and asks to agree to what is new.
export function Terms({ terms, isPending, isAgreed, agree, isMissing, problems, error, again }: ReturnType<typeof useTerms>) {
  const { t } = useTranslation();
  const [isRead, { toggle }] = useDisclosure();
  if (!terms) return error ? <Problems error={error} retry={again} /> : <Waiting rows={1} />;
  const [before, name] = t('openUnder', terms).split('|'); // the link begins at the bar
  return (
    <div>
      {isPending ? <Agreement id={terms.kind} title={terms.title} accepted={isAgreed} missing={isMissing} onChange={agree} onRead={toggle} /> : (
        <Text size="sm">
          {before}<Anchor component="button" type="button" inherit ta="left" underline="always" display="inline" style={{ whiteSpace: 'normal' }} aria-expanded={isRead} aria-controls="terms" onClick={toggle}>{name}</Anchor>
        </Text>
      )}
      {isRead && <Text id="terms" mt="xs" className="agreement" tabIndex={0} role="group" aria-label={terms.title}>{terms.text}</Text>}
      <Problems problems={problems} error={error} />
    </div>
  );
}
