import '../../text/account';
import { Box, Group, Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { MeQuery } from '../../gql/graphql';

// Menu leads to all that a person can change about themselves, and says how it stands.
export function Menu({ me }: { me: NonNullable<MeQuery['viewer']> }) {
  const { t } = useTranslation();
  const places = [
    ['profile', t('personal'), [me.profile.firstName, me.profile.lastName].join(' ')],
    ['email', t('email'), me.email.verified ? me.email.address : `${me.email.address} (${t('emailUnverified')})`],
    ['phone', t('phone'), me.phone], ['password', t('password'), ''], ['question', t('securityQuestion'), ''],
    ['certificate', t('certificates'), t(`level_${me.certificate.level}`)], ['limits', t('limitsTitle'), ''], ['refused', t('refusedTitle'), ''],
    ['blocked', t('blockedTitle'), ''], ['agreements', t('agreementsTitle'), ''], ['export', t('exportTitle'), ''], ['close', t('closeTitle'), ''],
  ];
  return (
    <nav aria-label={t('account')}>
      {places.map(([to, name, value]) => (
        <UnstyledButton key={to} component={Link} to={`/settings/${to}`} className="row">
          <Group justify="space-between" wrap="nowrap">
            <Box miw={0}>
              <Text fw={500}>{name}</Text>
              {value && <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{value}</Text>}
            </Box>
            <Text c="dimmed" aria-hidden="true">›</Text>
          </Group>
        </UnstyledButton>
      ))}
    </nav>
  );
}
