import { Button, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ChallengePartsFragment, FreezeDocument, UnfreezeDocument } from '../gql/graphql';
import { Problems, useAct } from '../ui/act';
import { Dialog } from '../ui/dialog';
import { CodeForm, type Proof, resent } from '../ui/parts';
import { Support } from '../ui/support';

// Freezing stops what leaves at once, and lets it go again with a code.
export function Freezing({ frozen, byOperator, onChange }: { frozen: boolean; byOperator: boolean; onChange: () => void }) {
  const { t } = useTranslation();
  const [challenge, setChallenge] = useState<ChallengePartsFragment>();
  const freeze = useAct(FreezeDocument);
  const unfreeze = useAct(UnfreezeDocument);

  async function answer(proof?: Proof) {
    const { payload } = await unfreeze.run({ input: proof ?? {} });
    if (!payload) return;
    setChallenge(payload.challenge ?? undefined);
    if (!payload.challenge) onChange();
  }
  return (
    <section className="panel" aria-labelledby="freezing">
      <Stack>
        <Title order={2} size="h4" id="freezing">{t(frozen ? 'frozenTitle' : 'freeze')}</Title>
        <Text c="dimmed">{frozen && byOperator ? t('frozenBySupport') : t('freezeHint')}</Text>
        <Problems problems={[...freeze.problems, ...(challenge ? [] : unfreeze.problems)]} error={freeze.error ?? (challenge ? undefined : unfreeze.error)} />
        {!frozen && <Button className="alone" color="red" variant="light" loading={freeze.busy} onClick={async () => { await freeze.run({}); onChange(); }}>{t('freeze')}</Button>}
        {frozen && !byOperator && <Button className="alone" loading={unfreeze.busy} onClick={() => void answer()}>{t('unfreeze')}</Button>}
        {frozen && byOperator && <Support />}
      </Stack>
      <Dialog opened={!!challenge} onClose={() => { unfreeze.clear(); setChallenge(undefined); }} title={t('unfreezeTitle')}>
        {challenge && (
          <CodeForm challenge={challenge} onChallenge={(next) => setChallenge(resent(next))} onProof={(proof) => void answer(proof)} busy={unfreeze.busy} problems={unfreeze.problems} error={unfreeze.error} submit={t('unfreeze')} />
        )}
      </Dialog>
    </section>
  );
}
