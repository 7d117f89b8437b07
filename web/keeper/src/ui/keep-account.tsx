import '../text/account';
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CancelClosingDocument } from '../gql/graphql';
import { Problems, useAct } from './act';

// KeepAccount calls the closing of the account off.
export function KeepAccount({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const cancel = useAct(CancelClosingDocument);
  return (
    <>
      <Problems problems={cancel.problems} error={cancel.error} />
      <Button loading={cancel.busy} onClick={async () => { if ((await cancel.run({})).payload) onDone(); }}>{t('closingKeep')}</Button>
    </>
  );
}
