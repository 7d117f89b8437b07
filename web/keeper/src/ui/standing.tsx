import '../text/account';
import { Alert, Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { StandingDocument } from '../gql/graphql';
import { time } from '../text/text';
import { KeepAccount } from './keep-account';
import { useLiveQuery } from './live-query';

// Standing says on every screen that the account is being closed, or that something new is to be agreed to.
export default function Standing() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const [{ data }, again] = useLiveQuery(StandingDocument, {});
  const me = data?.viewer;
  return (
    <>
      {me?.closesAt && pathname !== '/settings/close' && (
        <Alert className="notice" color="red" variant="light" mb="md" role="status" data-testid="closing">
          <Group justify="space-between"><Text>{t('closingAt', { time: time(me.closesAt) })}</Text><KeepAccount onDone={again} /></Group>
        </Alert>
      )}
      {!!me?.pendingAgreements.length && pathname !== '/settings/agreements' && (
        <Alert className="notice" color="blue" variant="light" mb="md" role="status" data-testid="new-agreements">
          <Group justify="space-between"><Text flex="1 1 14rem">{t('agreementsNew')} {t('agreementsHint')}</Text><Button component={Link} to="/settings/agreements" variant="default">{t('agreementsRead')}</Button></Group>
        </Alert>
      )}
    </>
  );
}
