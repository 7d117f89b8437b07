import { Alert, Anchor, Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type DataExportStatus, ExportDocument, RequestExportDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { Problems, useAct } from '../../ui/act';
import { SubPage } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { Waiting } from '../../ui/parts';

const DAY_MS = 86_400_000; // between two of them, as the server wants it
const colors: Record<DataExportStatus, string> = { QUEUED: 'blue', RUNNING: 'blue', READY: 'teal', FAILED: 'red', EXPIRED: 'gray' };

export default function ExportPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(ExportDocument, {});
  const ask = useAct(RequestExportDocument);
  const me = data?.viewer;
  if (!me) return <SubPage title={t('exportTitle')}>{error ? <Problems error={error} retry={again} /> : <Waiting rows={2} />}</SubPage>;
  const last = me.dataExport;
  const isUnderWay = last?.status === 'QUEUED' || last?.status === 'RUNNING';
  const next = last && last.status !== 'FAILED' ? Date.parse(last.requestedAt) + DAY_MS : 0; // one that has failed may be asked for again at once
  const mayAsk = !isUnderWay && next <= Date.now();
  return (
    <SubPage title={t('exportTitle')}>
      <Stack className="panel">
        <Text>{t('exportHint')}</Text>
        {last && (
          <Alert color={colors[last.status]} variant="light" role="status">
            <div>{t(`export_${last.status}`, { time: time(last.expiresAt) })}</div>
            <Text size="sm">{t('exportAsked', { time: time(last.requestedAt) })}</Text>
          </Alert>
        )}
        {!me.email.verified ? <Anchor component={Link} to="/settings/email" underline="always">{t('exportFirstEmail')}</Anchor> : mayAsk && <Text c="dimmed">{t('exportTo', { address: me.email.address })}</Text>}
        <Problems problems={ask.problems} error={ask.error} />
        {!isUnderWay && !mayAsk && <Text size="sm" c="dimmed">{t('exportNext', { time: time(new Date(next).toISOString()) })}</Text>}
        {!isUnderWay && <Button loading={ask.busy} disabled={!me.email.verified || !mayAsk} onClick={async () => { await ask.run({}); again(); }}>{t('exportAsk')}</Button>}
      </Stack>
    </SubPage>
  );
}
