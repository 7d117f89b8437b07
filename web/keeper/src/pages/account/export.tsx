import { Alert, Anchor, Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type DataExportStatus, ExportDocument, RequestExportDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { Problems, useAct } from '../../ui/act';
import { SubPage } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { Waiting } from '../../ui/parts';

const colors: Record<DataExportStatus, string> = { QUEUED: 'blue', RUNNING: 'blue', READY: 'teal', FAILED: 'red', EXPIRED: 'gray' };

export default function ExportPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(ExportDocument, {});
  const ask = useAct(RequestExportDocument);
  const me = data?.viewer;
  if (!me) return <SubPage title={t('exportTitle')}>{error ? <Problems error={error} retry={again} /> : <Waiting rows={2} />}</SubPage>;
  const last = me.dataExport;
  const isUnderWay = last?.status === 'QUEUED' || last?.status === 'RUNNING';
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
        {me.email.verified ? <Text c="dimmed">{t('exportTo', { address: me.email.address })}</Text> : <Anchor component={Link} to="/settings/email" underline="always">{t('exportFirstEmail')}</Anchor>}
        <Problems problems={ask.problems} error={ask.error} />
        {!isUnderWay && <Button loading={ask.busy} disabled={!me.email.verified} onClick={async () => { await ask.run({}); again(); }}>{t('exportAsk')}</Button>}
      </Stack>
    </SubPage>
  );
}
